"""Who is asking, for handlers that a session alone may reach."""

from chenu.accounts.actor import AccountId, Actor, ApiScope
from chenu.accounts.users import Browser
from chenu.accounts.visit import Visit


def account_of(actor: Actor) -> AccountId:
    """The account acted for; raises Unauthenticated."""
    return actor.require_account(ApiScope.READ)


def browser_of(visit: Visit) -> Browser:
    return Browser(visit.user_agent, visit.address, visit.session_token, visit.devices)
