"""Staff of the support desk see the pages of a customer, read-only, for 30 minutes.

It begins a token of its own, which works with the session that it was begun in and no other. The
faces refuse whatever is no GET, and pages that have effects or show secrets. All times are system
time. docs/decisions/0076.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import AccountId, Actor, Impersonator, Staff, UserId
from chenu.accounts.audit import make_event
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.credentials import hash_token, new_token
from chenu.accounts.errors import ReadOnly
from chenu.accounts.impersonation_tables import Impersonation
from chenu.accounts.queries import find_account, is_member
from chenu.accounts.sessions import ACTOR_COLUMNS, ActorRow, make_session_actor
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.tables import AuditEvent
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import InvalidState, NotFound, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns, insert
from chenu.core.text import tidy

ImpersonationToken = NewType("ImpersonationToken", str)
ImpersonationId = NewType("ImpersonationId", UUID)

LASTS = timedelta(minutes=30)
PAGE_ACTION = "impersonation.page"

_OWN = mark("You belong to this account: another colleague looks at it")
_STAFF = mark("Nobody sees the pages of a member of the staff")
_IS_STAFF = "SELECT 1 FROM staff_role WHERE member = $1 LIMIT 1"


class NewImpersonation(msgspec.Struct, frozen=True):
    """`token` is sent as a cookie and not stored."""

    token: ImpersonationToken
    expires_at: datetime


async def start_impersonation(actor: Actor, account_id: AccountId, reason: str) -> NewImpersonation:
    """Of the account's owner; ends the one that this session has.

    Raises Forbidden, NotFound, Invalid, InvalidState, SignInAgain.
    """
    if actor.impersonator is not None:
        raise ReadOnly
    actor.require_staff(Staff.SUPPORT)
    reject_if_any(check_reason(reason))
    await require_fresh(actor)
    token, now = ImpersonationToken(new_token()), system_now()
    await _start(actor, account_id, tidy(reason), token, now)
    return NewImpersonation(token, now + LASTS)


@db.transactional
async def _start(
    actor: Actor, account_id: AccountId, reason: str, token: ImpersonationToken, now: datetime
) -> None:
    account = await find_account(account_id)
    if account is None:
        raise NotFound("There is no such account")
    if await is_member(account_id, actor.require_user()):
        raise InvalidState(_OWN)
    if await db.fetch_value(_IS_STAFF, account.owner_id):
        raise InvalidState(_STAFF)
    await _end_of_session(actor, now)
    row_id, role = new_id(), Staff.SUPPORT if Staff.SUPPORT in actor.staff else Staff.ADMIN
    values = {
        "id": row_id,
        "token_hash": hash_token(token),
        "session": actor.session_id,
        "staff": actor.user_id,
        "staff_role": role.value,
        "customer": account.owner_id,
        "account": account_id,
        "reason": reason,
        "started_at": now,
        "expires_at": now + LASTS,
        "ended_at": None,
    }
    await insert(Impersonation, values)
    act, customer = StaffAct.IMPERSONATION_START, str(account.owner_id)
    await record_staff_act(actor, act, account_id, reason, customer=customer, id=str(row_id))


class _Row(ActorRow, frozen=True):
    staff_id: UUID
    staff_name: str
    expires_at: datetime
    customer_name: str


_FIND = f"""
    SELECT i.id AS session_id, {ACTOR_COLUMNS}, false AS has_other_accounts,
        '{{}}'::text[] AS staff, i.started_at AS last_seen_at, i.staff AS staff_id,
        s.display_name AS staff_name, u.display_name AS customer_name, i.expires_at
    FROM impersonation i
    JOIN app_user s ON s.id = i.staff
    JOIN app_user u ON u.id = i.customer
    JOIN account a ON a.id = i.account
    JOIN membership m ON m.account = a.id AND m.member = u.id
    WHERE i.token_hash = $1 AND i.session = $2 AND i.staff = $3
        AND i.ended_at IS NULL AND i.expires_at > $4
        AND NOT EXISTS (SELECT 1 FROM staff_role WHERE member = i.customer)
"""  # noqa: S608 - own text


async def find_impersonated(actor: Actor, token: str) -> Actor | None:
    """The customer whose pages this session sees; None once it ended, or the role is lost.

    The language stays that of who looks.
    """
    if not actor.has_staff(Staff.SUPPORT) or actor.session_id is None:
        return None
    args = (hash_token(token), actor.session_id, actor.user_id, system_now())
    row = await db.find_one(_Row, _FIND, *args)
    if row is None:
        return None
    who = Impersonator(UserId(row.staff_id), row.staff_name, row.customer_name, row.expires_at)
    return replace(make_session_actor(row, actor.ip), impersonator=who, locale=actor.locale)


async def record_page(actor: Actor, path: str) -> None:
    """A page of the customer's that staff open; before it is made."""
    if actor.impersonator is None:
        return
    event = make_event(actor, PAGE_ACTION, str(actor.session_id), {"path": path[:500]})
    await insert(AuditEvent, {**event, "actor": actor.impersonator.user_id})


class _Ended(msgspec.Struct, frozen=True):
    id: UUID
    account_id: UUID


async def end_impersonation(actor: Actor) -> AccountId | None:
    """The account that was looked at; None if nothing is to be ended."""
    if actor.impersonator is None:
        return None
    who = replace(actor, user_id=actor.impersonator.user_id)
    sql = f"{_END} id = $2 AND ended_at IS NULL {_GIVE}"
    async with db.transaction():
        await _record_ends(who, await db.fetch_all(_Ended, sql, system_now(), actor.session_id))
    return actor.account_id


_END = "UPDATE impersonation SET ended_at = least($1, expires_at) WHERE"
_GIVE = "RETURNING id, account AS account_id"


async def _end_of_session(actor: Actor, now: datetime) -> None:
    sql = f"{_END} session = $2 AND ended_at IS NULL {_GIVE}"
    await _record_ends(actor, await db.fetch_all(_Ended, sql, now, actor.session_id))


async def _record_ends(actor: Actor, ended: Sequence[_Ended]) -> None:
    for row in ended:
        act = StaffAct.IMPERSONATION_END
        await record_staff_act(actor, act, row.account_id, "", id=str(row.id))


class _Overdue(msgspec.Struct, frozen=True):
    id: UUID
    account_id: UUID
    staff_id: UUID


async def end_overdue_impersonations() -> None:
    """Those whose time is up, which work no more anyhow: their end goes to the audit trail."""
    sql = f"{_END} ended_at IS NULL AND expires_at <= $1 {_GIVE}, staff AS staff_id"
    async with db.transaction():
        for row in await db.fetch_all(_Overdue, sql, system_now()):
            actor = Actor(user_id=UserId(row.staff_id))
            ended = _Ended(row.id, row.account_id)
            await _record_ends(actor, [ended])


class ImpersonationRow(msgspec.Struct, frozen=True):
    """As the customer sees it: by which role, when and why, and not by whom."""

    id: ImpersonationId
    staff_role: str
    reason: str
    started_at: datetime
    expires_at: datetime
    ended_at: datetime | None


_SHOWN = f"SELECT {Columns(ImpersonationRow, Impersonation).select()} FROM impersonation"  # noqa: S608


async def list_impersonations(customer: UserId, page: PageRequest) -> Page[ImpersonationRow]:
    """The newest first."""
    return await fetch_page(ImpersonationRow, _SHOWN, "customer = $1", customer, page=page)
