"""The members of an account: listed, given another role, removed, leaving, and made its owner.

Each change locks the account's row and looks at the roles once more: an account always has exactly
one owner, who cannot leave before somebody else owns it.
"""

from collections.abc import Collection

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, AccountRole, Actor, UserId
from chenu.accounts.api_keys import revoke_keys_in
from chenu.accounts.confirmation import require_confirmed, require_session_still
from chenu.accounts.password_store import get_password_hash
from chenu.accounts.roles import Right
from chenu.accounts.seats import PLACE, has_seat, seats_of
from chenu.accounts.users import User, create_account, get_user
from chenu.accounts.validation import check_name
from chenu.core import db, queue
from chenu.core.errors import Forbidden, Invalid, InvalidState, NotFound, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.text import tidy

GIVEN_ROLES = (AccountRole.MEMBER, AccountRole.BILLING)
"""Those that an owner gives; ownership is handed over."""
_SHOWN = 500
_NO_PASSWORD = mark(
    "The new owner has no password yet, which an owner needs: they get one by the link for"
    " forgotten passwords"
)


class Member(msgspec.Struct, frozen=True):
    """`place` is how many members have their seat before this one."""

    user_id: UserId
    display_name: str
    email: str
    role_code: str
    place: int

    @property
    def role(self) -> AccountRole:
        return AccountRole(self.role_code)


class SeatedAccount(msgspec.Struct, frozen=True):
    """What decides how many members may do more than read."""

    id: AccountId
    name: str
    kind: str
    tier: str
    contract_seats: int | None

    @property
    def seats(self) -> int | None:
        return seats_of(self.tier, self.contract_seats)

    def has_seat(self, member: Member) -> bool:
        return has_seat(member.place, self.tier, self.contract_seats)


_ACCOUNT = "SELECT id, name, kind, tier, seats AS contract_seats FROM account WHERE id = $1"
_MEMBER = f"""
    SELECT m.member AS user_id, u.display_name, u.email, m.role AS role_code, {PLACE} AS place
    FROM membership m JOIN app_user u ON u.id = m.member WHERE m.account = $1
"""  # noqa: S608 - own text


async def get_seated_account(account_id: AccountId) -> SeatedAccount:
    """To be shown. Raises NotFound."""
    return await _get_account(account_id, _ACCOUNT)


async def lock_account(account_id: AccountId) -> SeatedAccount:
    """Until the transaction ends nobody else changes its members. Raises NotFound."""
    return await _get_account(account_id, f"{_ACCOUNT} FOR NO KEY UPDATE")


async def _get_account(account_id: AccountId, sql: str) -> SeatedAccount:
    found = await db.find_one(SeatedAccount, sql, account_id)
    if found is None:
        raise NotFound("There is no such account")
    return found


async def list_members(account_id: AccountId) -> list[Member]:
    """In the order of their seats, the owner first; the first 500 of them."""
    sql = f"{_MEMBER} ORDER BY place LIMIT {_SHOWN}"
    return await db.fetch_all(Member, sql, account_id)


async def count_members(account_id: AccountId) -> int:
    return int(
        await db.fetch_value("SELECT count(*) FROM membership WHERE account = $1", account_id)
    )


async def get_member(account_id: AccountId, user_id: UserId) -> Member:
    """Raises NotFound, also for a member of another account alone."""
    found = await db.find_one(Member, f"{_MEMBER} AND m.member = $2", account_id, user_id)
    if found is None:
        raise NotFound("There is no such member")
    return found


async def list_members_among(
    account_id: AccountId, user_ids: Collection[UserId], emails: Collection[str]
) -> list[Member]:
    """The members who are one of these people or have one of these mailboxes."""
    sql = f"{_MEMBER} AND (m.member = ANY($2) OR u.email = ANY($3))"
    return await db.fetch_all(Member, sql, account_id, list(user_ids), list(emails))


async def find_role(account_id: AccountId, user_id: UserId) -> AccountRole | None:
    """None for somebody who is no member."""
    sql = "SELECT role FROM membership WHERE account = $1 AND member = $2"
    found: str | None = await db.fetch_value(sql, account_id, user_id)
    return None if found is None else AccountRole(found)


async def lock_as_owner(actor: Actor) -> SeatedAccount:
    """The account acted for, by its owner of this very moment; raises Forbidden."""
    account = await lock_account(actor.require_right(Right.MANAGE_MEMBERS))
    await require_session_still(actor)
    me = await get_member(account.id, actor.require_user())
    if me.role is not AccountRole.OWNER:
        raise Forbidden("This account has another owner by now")
    return account


def read_given_role(role: str) -> AccountRole:
    """Raises Invalid for one that is not given."""
    if role not in GIVEN_ROLES:
        allowed = ", ".join(GIVEN_ROLES)
        raise Invalid("The role is one of {allowed}", path=("role",), allowed=allowed)
    return AccountRole(role)


async def change_role(actor: Actor, user_id: UserId, role: str) -> None:
    """Counts from the member's next request. Raises Invalid, NotFound, InvalidState, Forbidden."""

    async def write() -> None:
        account = await lock_as_owner(actor)
        await _get_other(account.id, user_id)
        wanted = read_given_role(role)
        await set_role(account.id, user_id, wanted)
        await audit.record(actor, "member.role", user_id, role=wanted)

    await db.run_in_transaction(write)


async def _get_other(account_id: AccountId, user_id: UserId) -> Member:
    member = await get_member(account_id, user_id)
    if member.role is AccountRole.OWNER:
        raise InvalidState("The owner stays: hand the account over to somebody else first")
    return member


async def set_role(account_id: AccountId, user_id: UserId, role: AccountRole) -> None:
    """In the caller's transaction, which holds the account's lock."""
    sql = "UPDATE membership SET role = $3 WHERE account = $1 AND member = $2"
    await db.execute(sql, account_id, user_id, role)


async def rename_account(actor: Actor, name: str) -> None:
    """What its members and invited people read. Raises Invalid, Forbidden."""
    reject_if_any(check_name(name, path=("name",)))

    async def write() -> None:
        account = await lock_as_owner(actor)
        await db.execute("UPDATE account SET name = $2 WHERE id = $1", account.id, tidy(name))
        await queue.enqueue(queue.Job.SYNC_PERSON, str(actor.require_user()))  # Stripe's copy
        await audit.record(actor, "account.rename", account.id)

    await db.run_in_transaction(write)


async def remove_member(actor: Actor, user_id: UserId) -> None:
    """At once, with their keys; a mail tells them. Raises NotFound, InvalidState, Forbidden."""

    async def write() -> None:
        account = await lock_as_owner(actor)
        await _get_other(account.id, user_id)
        await end_membership(account.id, user_id)
        await audit.record(actor, "member.remove", user_id)
        await _tell(MailKind.MEMBER_REMOVED, await get_user(user_id), account)

    await db.run_in_transaction(write)


async def leave_account(actor: Actor) -> None:
    """The account acted for. Raises InvalidState for its owner, Forbidden without a session."""
    user_id = actor.require_user()
    account_id = actor.require_right(Right.READ)

    async def write() -> None:
        account = await lock_account(account_id)
        await require_session_still(actor)
        await _get_other(account.id, user_id)
        await end_membership(account.id, user_id)
        await audit.record(actor, "member.leave", user_id)

    await db.run_in_transaction(write)


async def end_membership(account_id: AccountId, user_id: UserId) -> None:
    """With what hangs on it: keys that they made, and the choice of their sessions."""
    await db.execute(
        "DELETE FROM membership WHERE account = $1 AND member = $2", account_id, user_id
    )
    await revoke_keys_in(account_id, user_id)
    sql = "UPDATE user_session SET account = NULL WHERE owner = $2 AND account = $1"
    await db.execute(sql, account_id, user_id)


async def hand_over(actor: Actor, user_id: UserId, current_password: str | None) -> None:
    """Another member owns the account from here on, and the owner stays as a member.

    A personal account becomes a company's: who hands it over gets a new, empty personal one.
    Asks for the password, see accounts/confirmation.py. Raises NotFound, InvalidState, Forbidden.
    """
    actor.require_right(Right.MANAGE_MEMBERS)
    await require_confirmed(actor, current_password)

    async def write() -> None:
        account = await lock_as_owner(actor)
        await _get_other(account.id, user_id)
        old, new = await get_user(actor.require_user()), await get_user(user_id)
        if not new.email_verified:
            raise InvalidState("The new owner has to verify their e-mail address first")
        if not await get_password_hash(new.id):
            raise InvalidState(_NO_PASSWORD)
        await _change_owner(account, old, new)
        await audit.record(actor, "account.hand_over", account.id, new_owner=str(new.id))
        for person in (old, new):
            await _tell(MailKind.OWNER_CHANGED, person, account, is_owner=person is new)

    await db.run_in_transaction(write)


async def _change_owner(account: SeatedAccount, old: User, new: User) -> None:
    await set_role(account.id, old.id, AccountRole.MEMBER)
    await set_role(account.id, new.id, AccountRole.OWNER)
    sql = "UPDATE account SET owner = $2, kind = 'COMPANY' WHERE id = $1"
    await db.execute(sql, account.id, new.id)
    if account.kind == "PERSONAL":
        await create_account(old.id, old.display_name, "PERSONAL")
    for person in (old, new):
        await queue.enqueue(queue.Job.SYNC_PERSON, str(person.id))  # Stripe's copies


async def _tell(kind: MailKind, person: User, account: SeatedAccount, **more: bool) -> None:
    """What an account is called is somebody else's words: not for an address that is unproved."""
    name = account.name if person.email_verified else ""
    params = {"name": person.mail_name, "account": name, **more}
    await queue_mail(kind, person.email, person.locale, f"{kind.lower()}:{new_id()}", params)
