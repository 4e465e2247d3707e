"""What people do with names of their account: entered, proved by a DNS record, removed.

A name is proved by one account at a time. The name servers are asked outside any transaction.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor, Staff
from chenu.accounts.attempts import Limit, count_attempt
from chenu.accounts.confirmation import RECENT, require_fresh
from chenu.accounts.members import lock_as_owner
from chenu.accounts.queries import is_member
from chenu.accounts.roles import Right
from chenu.accounts.staff_acts import MAX_REASON, StaffAct, record_staff_act
from chenu.accounts.validation import check_text
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import (
    AlreadyExists,
    InvalidState,
    LimitReached,
    ProviderUnavailable,
    reject_if_any,
)
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import update
from chenu.core.text import tidy
from chenu.domains.domains import (
    COLUMNS,
    DomainRow,
    find_holder,
    get_domain,
    get_domain_by_id,
    list_domains,
)
from chenu.domains.model import MOST_NAMES, DomainId, NameKind, ProofSource
from chenu.domains.names import read_name
from chenu.domains.resolver import NoAnswer, Resolver
from chenu.domains.tables import DomainName
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature

FEATURE_OF = {NameKind.MAIL: Feature.SSO, NameKind.HOST: Feature.WHITE_LABEL}
PROOFS_PER_ACCOUNT = Limit("domain_proofs", 60, timedelta(hours=1))


async def add_name(actor: Actor, kind: NameKind, text: str) -> DomainRow:
    """Not proved yet: the row says which DNS record does it.

    Raises Forbidden, PlanRequired, Unverified, Invalid, AlreadyExists, LimitReached, SignInAgain.
    """
    _require_allowed(actor, kind)
    name = read_name(text)
    await require_fresh(actor, RECENT)

    async def write() -> DomainRow:
        account = await lock_as_owner(actor)
        await _require_room(account.id, kind, name)
        row = _new_row(account.id, kind, name)
        await COLUMNS.insert(row)
        await audit.record(actor, "domain.add", row.id, name=name, kind=kind.value)
        return row

    return await db.run_in_transaction(write)


def _require_allowed(actor: Actor, kind: NameKind) -> AccountId:
    account_id = actor.require_right(Right.MANAGE_MEMBERS)
    require_feature(actor.entitlements, FEATURE_OF[kind])
    actor.require_verified()
    return account_id


async def _require_room(account_id: AccountId, kind: NameKind, name: str) -> None:
    known = await list_domains(account_id, kind)
    if any(each.name == name for each in known):
        message = mark("This account has the name {name} already")
        raise AlreadyExists(message, path=("name",), name=name)
    if len(known) >= MOST_NAMES:
        message = mark("An account has at most {count} names: remove one first")
        raise LimitReached(message, count=MOST_NAMES)


def _new_row(account_id: AccountId, kind: NameKind, name: str) -> DomainRow:
    return DomainRow(
        id=DomainId(new_id()),
        account_id=account_id,
        kind=kind,
        name=name,
        token=secrets.token_hex(16),
        source=ProofSource.NONE,
        created_at=business_now(),
        proved_at=None,
        reason="",
    )


async def prove_name(resolver: Resolver, actor: Actor, domain_id: DomainId) -> DomainRow:
    """Asks DNS for the record. Proved already: nothing changes.

    Raises Forbidden, PlanRequired, Unverified, NotFound, InvalidState with the record that is
    missing, AlreadyExists, ProviderUnavailable, RateLimited.
    """
    account_id = actor.require_right(Right.MANAGE_MEMBERS)
    row = await get_domain(account_id, domain_id)
    if row.is_proved:
        return row
    _require_allowed(actor, row.kind)
    await count_attempt(PROOFS_PER_ACCOUNT, str(account_id))
    _require_record(row, await _ask(resolver, row))

    async def write() -> DomainRow:
        await lock_as_owner(actor)
        await _set_proved(row, ProofSource.DNS)
        await audit.record(actor, "domain.prove", row.id, name=row.name)
        return await get_domain(account_id, domain_id)

    return await db.run_in_transaction(write)


async def _ask(resolver: Resolver, row: DomainRow) -> Sequence[str]:
    try:
        return await resolver.list_texts(row.record_name)
    except NoAnswer:
        message = mark("The name servers of {name} do not answer: please try again in a moment")
        raise ProviderUnavailable(message, name=row.name) from None


def _require_record(row: DomainRow, found: Sequence[str]) -> None:
    wanted = row.record_value
    if any(hmac.compare_digest(text.strip().encode(), wanted.encode()) for text in found):
        return
    message = mark(
        "There is no such record yet: set a TXT record at {record} with the text {text}, and try"
        " again in some minutes"
    )
    raise InvalidState(message, record=row.record_name, text=wanted)


async def _set_proved(row: DomainRow, source: ProofSource, **more: object) -> None:
    """Part of the caller's transaction. Raises AlreadyExists for another account's name."""
    await db.lock_until_commit(f"domain:{row.name}")
    holder = await find_holder(row.name)
    if holder is not None and holder != row.account_id:
        message = mark("Another account has proved {name}: it has to remove the name first")
        raise AlreadyExists(message, path=("name",), name=row.name)
    changes = {"proved_at": business_now(), "source": source.value, **more}
    await update(DomainName, row.id, changes)


async def remove_name(actor: Actor, domain_id: DomainId) -> None:
    """What rests on it ends at once. Raises Forbidden, NotFound, SignInAgain."""
    account_id = actor.require_right(Right.MANAGE_MEMBERS)
    await require_fresh(actor, RECENT)

    async def write() -> None:
        await lock_as_owner(actor)
        row = await get_domain(account_id, domain_id)
        await db.execute("DELETE FROM domain_name WHERE id = $1", row.id)
        await audit.record(actor, "domain.remove", row.id, name=row.name)

    await db.run_in_transaction(write)


async def confirm_name(actor: Actor, domain_id: DomainId, reason: str) -> None:
    """By staff, who have seen other evidence. Nobody decides about an account of their own.

    Raises Forbidden, NotFound, Invalid, InvalidState, AlreadyExists.
    """
    row = await _begin_staff_act(actor, domain_id, reason)
    if row.is_proved:
        raise InvalidState("This name is proved already")

    async def write() -> None:
        more = {"confirmed_by": actor.user_id, "reason": tidy(reason)}
        await _set_proved(row, ProofSource.STAFF, **more)
        await _record(actor, StaffAct.DOMAIN_CONFIRM, row, reason)

    await db.run_in_transaction(write)


async def release_name(actor: Actor, domain_id: DomainId, reason: str) -> None:
    """Takes the proof away, so that its owner of now can prove it. Raises as `confirm_name`."""
    row = await _begin_staff_act(actor, domain_id, reason)
    if not row.is_proved:
        raise InvalidState("This name is not proved")

    async def write() -> None:
        changes = {"proved_at": None, "source": "", "confirmed_by": None, "reason": ""}
        await update(DomainName, row.id, {**changes, "token": secrets.token_hex(16)})
        await _record(actor, StaffAct.DOMAIN_RELEASE, row, reason)

    await db.run_in_transaction(write)


async def _begin_staff_act(actor: Actor, domain_id: DomainId, reason: str) -> DomainRow:
    user_id = actor.require_staff(Staff.SUPPORT)
    reject_if_any(check_text(reason, path=("reason",), longest=MAX_REASON))
    row = await get_domain_by_id(domain_id)
    if await is_member(row.account_id, user_id):
        raise InvalidState("You belong to this account: another colleague decides about it")
    return row


async def _record(actor: Actor, act: StaffAct, row: DomainRow, reason: str) -> None:
    await record_staff_act(
        actor, act, row.id, reason, name=row.name, account=str(row.account_id), kind=row.kind.value
    )
