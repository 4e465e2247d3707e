"""Members as the account's own directory wants them: made, given a role, ended.

Part of the caller's transaction, which has locked the account.
"""

from chenu.accounts.actor import AccountId, AccountRole, UserId
from chenu.accounts.errors import SeatsTaken
from chenu.accounts.members import (
    Member,
    SeatedAccount,
    count_members,
    end_membership,
    get_member,
    set_role,
)
from chenu.accounts.sessions import revoke_sessions
from chenu.accounts.users import add_member
from chenu.core.errors import InvalidState
from chenu.core.i18n import mark

_SEATS = mark(
    "All seats of this account are taken ({count}): remove a member first, or choose a plan with "
    "more seats"
)


async def require_seat(account: SeatedAccount) -> None:
    """Raises SeatsTaken."""
    if account.seats is not None and await count_members(account.id) >= account.seats:
        raise SeatsTaken(_SEATS, count=account.seats)


async def join_by_directory(account: SeatedAccount, user_id: UserId, role: AccountRole) -> None:
    """Raises SeatsTaken."""
    await require_seat(account)
    await add_member(account.id, user_id, role)


async def leave_by_directory(account: SeatedAccount, user_id: UserId) -> None:
    """With their keys of the account, and all their sessions. Raises InvalidState for who stays."""
    await require_may_leave(account.id, user_id)
    await end_membership(account.id, user_id)
    await revoke_sessions(user_id)


async def require_may_leave(account_id: AccountId, user_id: UserId) -> None:
    """Raises InvalidState for the account's owner, who can always sign in."""
    member = await get_member(account_id, user_id)
    if member.role is AccountRole.OWNER:
        raise InvalidState(
            "The owner of the account stays its member, whatever the directory says: hand the "
            "account over to somebody else first"
        )


async def give_role(account_id: AccountId, member: Member, role: AccountRole) -> bool:
    """Whether it is another one; the owner stays the owner."""
    if member.role in (AccountRole.OWNER, role):
        return False
    await set_role(account_id, member.user_id, role)
    return True
