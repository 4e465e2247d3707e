"""Passwords are off for people whose organisation requires its provider.

They are the members with a mailbox of a domain that the account has proved, and those whom the
provider has signed in, whatever their mailbox is by now; but for the owner, whose password opens
the account when the provider is away. Guests of other domains keep theirs.
"""

from chenu.accounts.actor import AccountRole, UserId
from chenu.accounts.queries import list_own_accounts
from chenu.accounts.users import get_user
from chenu.domains.domains import find_owner
from chenu.domains.model import NameKind
from chenu.domains.names import domain_of
from chenu.flows.sso.availability import has_sso
from chenu.sso.connections import ConnectionRow, list_required
from chenu.sso.errors import PasswordsOff
from chenu.sso.identities import find_identity_of


async def require_password_allowed(user_id: UserId) -> None:
    """For somebody whose password was right. Raises PasswordsOff, which says where to go on."""
    accounts = await list_own_accounts(user_id)
    others = [each.id for each in accounts if each.role != AccountRole.OWNER]
    if not others:
        return
    for connection in await list_required(others):
        if await _is_about(connection, user_id) and await has_sso(connection.account_id):
            raise PasswordsOff(str(connection.id))


async def _is_about(connection: ConnectionRow, user_id: UserId) -> bool:
    identity = await find_identity_of(connection.id, user_id)
    if identity is not None and identity.left_at is None:
        return True
    domain = domain_of((await get_user(user_id)).email)
    return await find_owner(NameKind.MAIL, domain) == connection.account_id
