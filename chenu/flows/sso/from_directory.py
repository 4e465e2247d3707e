"""What the directory of a connection (SCIM) says of somebody who signs in by its provider."""

from chenu.accounts.actor import UserId
from chenu.accounts.password_store import get_password_hash
from chenu.scim.entries import find_entry_of_mailbox
from chenu.sso.errors import SsoRefused
from chenu.sso.model import ConnectionId, Refusal


async def require_in_directory(connection_id: ConnectionId, email: str) -> None:
    """Raises SsoRefused for somebody whom the directory has switched off."""
    entry = await find_entry_of_mailbox(connection_id, email)
    if entry is not None and not entry.is_active:
        raise SsoRefused(Refusal.MEMBER_REMOVED)


async def is_made_by_directory(connection_id: ConnectionId, email: str, user_id: UserId) -> bool:
    """Somebody without a life of their own here, whom nobody could take over.

    The directory has made them, and they have never had a password.
    """
    entry = await find_entry_of_mailbox(connection_id, email)
    if entry is None or entry.member != user_id:
        return False
    return not await get_password_hash(user_id)
