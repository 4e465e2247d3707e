"""Passwords are off for people whose organisation requires its provider.

They are the members with a mailbox of a domain that the account has proved, but for its owner,
whose password opens the account when the provider is away. Guests of other domains keep theirs.
"""

from chenu.accounts.actor import AccountRole, UserId
from chenu.accounts.queries import list_own_accounts
from chenu.accounts.users import get_user
from chenu.domains.domains import find_owner
from chenu.domains.model import NameKind
from chenu.domains.names import domain_of
from chenu.flows.sso.availability import has_sso
from chenu.sso.connections import list_required
from chenu.sso.errors import PasswordsOff


async def require_password_allowed(user_id: UserId) -> None:
    """For somebody whose password was right. Raises PasswordsOff, which says where to go on."""
    accounts = await list_own_accounts(user_id)
    others = [each.id for each in accounts if each.role != AccountRole.OWNER]
    if not others:
        return
    domain = ""
    for connection in await list_required(others):
        domain = domain or domain_of((await get_user(user_id)).email)
        owner = await find_owner(NameKind.MAIL, domain)
        if owner == connection.account_id and await has_sso(connection.account_id):
            raise PasswordsOff(str(connection.id))
