"""Limits per agent and per API key: who sets them, what counts already, the mail of the soft one.

chenu/tokens/limits.py says what they leave.
"""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.api_keys import ApiKeyId, get_api_key, list_api_keys
from chenu.accounts.customers import get_mailbox
from chenu.accounts.roles import Right
from chenu.agents.executions import list_agents_run, sum_reserved
from chenu.agents.library import list_library
from chenu.agents.model import AgentId
from chenu.agents.queries import find_agent, get_visible_agent, list_agents_by_id
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import mark
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import TokenLimitParams
from chenu.core.paging import MAX_PAGE, PageRequest
from chenu.flows.operations.repair import repair_one
from chenu.tokens.limits import (
    LimitId,
    LimitRow,
    LimitSubject,
    LimitValues,
    dismiss_warning,
    end_of,
    list_due_warnings,
    list_limits,
    lock_limits,
    mark_warned,
    month_of,
    remove_limit,
    store_limit,
    sum_spent,
)

HIGHEST = 1_000_000_000_000


class LimitInput(msgspec.Struct, frozen=True):
    """Of one agent or one API key; `soft` and `hard` in tokens a month, None: no such limit."""

    agent_id: AgentId | None = None
    api_key_id: ApiKeyId | None = None
    soft: int | None = None
    hard: int | None = None


async def set_token_limit(actor: Actor, request: LimitInput) -> LimitId:
    """In place of the one that there was. What was used this month counts from the start.

    Raises Invalid, NotFound, Forbidden.
    """
    account_id, user_id = actor.require_right(Right.MANAGE_PLAN), actor.require_user()
    reject_if_any(_check(request))
    subject = await _find_subject(actor, account_id, request)

    async def write() -> LimitId:
        await lock_limits(account_id)
        used = await _count_used(subject)
        values = LimitValues(request.soft, request.hard)
        limit_id = await store_limit(subject, values, used, user_id)
        about = subject.agent_id or subject.api_key_id
        given = {"soft": request.soft, "hard": request.hard}
        detail = {name: value for name, value in given.items() if value is not None}
        await audit.record(actor, "token_limit.set", about or "", **detail)
        return limit_id

    return await db.run_in_transaction(write)


def _check(request: LimitInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    if (request.agent_id is None) == (request.api_key_id is None):
        message = mark("Please choose one agent or one API key")
        errors.append(Invalid(message, path=("agent_id",)))
    if request.soft is None and request.hard is None:
        message = mark("Please enter a number of tokens in one of the two fields")
        errors.append(Invalid(message, path=("hard_limit",)))
    errors += _check_tokens("soft_limit", request.soft, lowest=1)
    errors += _check_tokens("hard_limit", request.hard, lowest=0)
    if not errors and None not in (request.soft, request.hard):
        errors += _check_order(request.soft or 0, request.hard or 0)
    return errors


def _check_tokens(field: str, value: int | None, *, lowest: int) -> list[ChenuError]:
    if value is None or lowest <= value <= HIGHEST:
        return []
    message = mark("A limit is a number of tokens from {lowest} to {highest}")
    return [Invalid(message, path=(field,), lowest=lowest, highest=HIGHEST)]


def _check_order(soft: int, hard: int) -> list[ChenuError]:
    if soft <= hard:
        return []
    message = mark("The mail comes before the stop: enter at most {hard}")
    return [Invalid(message, path=("soft_limit",), hard=hard)]


async def _find_subject(actor: Actor, account_id: AccountId, request: LimitInput) -> LimitSubject:
    """Raises NotFound for what is not the account's to use."""
    if request.agent_id is not None:
        agent = await get_visible_agent(actor, request.agent_id)
        return LimitSubject(account_id, agent_id=agent.id)
    assert request.api_key_id is not None  # noqa: S101 - checked above
    key = await get_api_key(account_id, request.api_key_id, path=("api_key_id",))
    return LimitSubject(account_id, api_key_id=key.id)


async def _count_used(subject: LimitSubject) -> int:
    """What was used or is reserved this month, by runs and by single spends."""
    month = month_of(business_now())
    since = datetime(month.year, month.month, 1, tzinfo=UTC)
    agent_id = AgentId(subject.agent_id) if subject.agent_id else None
    runs = await sum_reserved(subject.account_id, agent_id, subject.api_key_id, since)
    return runs + await sum_spent(subject, since)


async def remove_token_limit(actor: Actor, limit_id: LimitId) -> None:
    """Raises NotFound, Forbidden."""
    account_id = actor.require_right(Right.MANAGE_PLAN)

    async def write() -> None:
        await lock_limits(account_id)
        row = await remove_limit(account_id, limit_id)
        await audit.record(actor, "token_limit.remove", subject_of(row) or "")

    await db.run_in_transaction(write)


class DescribedLimit(msgspec.Struct, frozen=True):
    """`name` of the agent or the key; `used` in this month."""

    row: LimitRow
    name: str
    used: int
    resets_at: datetime

    @property
    def is_of_key(self) -> bool:
        return self.row.api_key_id is not None


def subject_of(row: LimitRow) -> UUID | None:
    return row.agent_id or row.api_key_id


async def describe_limits(actor: Actor) -> list[DescribedLimit]:
    """Those of the account that is acted for."""
    account_id = actor.require_right(Right.READ)
    rows = await list_limits(account_id)
    names = await _find_names(account_id, rows, actor)
    month = month_of(business_now())
    resets_at = end_of(month)
    return [
        DescribedLimit(row, names.get(subject_of(row), ""), row.used_in(month), resets_at)
        for row in rows
    ]


async def _find_names(
    account_id: AccountId, rows: list[LimitRow], actor: Actor
) -> dict[UUID | None, str]:
    agents = await list_agents_by_id([AgentId(row.agent_id) for row in rows if row.agent_id])
    keys = await list_api_keys([account_id])
    names: dict[UUID | None, str] = {key.id: key.name for key in keys}
    return names | {agent.id: agent.text(actor.locale).name for agent in agents}


class NamedSubject(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    is_key: bool


async def list_limit_subjects(actor: Actor) -> list[NamedSubject]:
    """What can be limited: live keys, and the agents that the account has or has run."""
    account_id = actor.require_right(Right.READ)
    keys = [key for key in await list_api_keys([account_id]) if key.revoked_at is None]
    held = (await list_library(account_id, PageRequest(MAX_PAGE))).rows
    agent_ids = {*await list_agents_run(account_id), *(grant.agent_id for grant in held)}
    agents = await list_agents_by_id(list(agent_ids))
    named = [NamedSubject(agent.id, agent.text(actor.locale).name, False) for agent in agents]
    return [
        *(NamedSubject(key.id, key.name, True) for key in keys),
        *sorted(named, key=lambda subject: (subject.name, subject.id)),
    ]


async def warn_of_token_limits() -> None:
    """One mail a month for each soft limit that was passed."""
    for limit in await list_due_warnings():
        await repair_one(_warn(limit), token_limit=str(limit.id))


@db.transactional
async def _warn(limit: LimitRow) -> None:
    """What was only reserved may have come back meanwhile: then there is nothing to say yet."""
    if limit.soft_limit is None or limit.used < limit.soft_limit:
        await dismiss_warning(limit.id)
        return
    if not await mark_warned(limit.id):
        return
    mailbox = await get_mailbox(limit.account_id)
    params = TokenLimitParams(
        name=mailbox.name,
        account=mailbox.account,
        subject=await _find_name(limit),
        is_key=limit.api_key_id is not None,
        soft=limit.soft_limit,
        hard=limit.hard_limit,
        used=limit.used,
        ends_at=end_of(limit.month).isoformat(),
    )
    key = f"token-limit:{limit.id}:{limit.month}"
    await queue_mail(MailKind.TOKEN_LIMIT, mailbox.email, mailbox.locale, key, params)


async def _find_name(limit: LimitRow) -> str:
    if limit.api_key_id is not None:
        return (await get_api_key(limit.account_id, ApiKeyId(limit.api_key_id))).name
    agent = await find_agent(AgentId(limit.agent_id)) if limit.agent_id else None
    return agent.name if agent else ""
