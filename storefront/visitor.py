"""The caller's account, for handlers that require a session."""

from chenu.accounts.actor import AccountId, Actor, ApiScope
from chenu.accounts.request_context import RequestContext
from chenu.accounts.users import Browser


def account_of(actor: Actor) -> AccountId:
    """The account acted for; raises Unauthenticated."""
    return actor.require_account(ApiScope.READ)


def browser_of(request_context: RequestContext) -> Browser:
    return Browser(
        request_context.user_agent,
        request_context.ip,
        request_context.session_token,
        request_context.devices,
        request_context.followed_link,
        request_context.locale,
    )
