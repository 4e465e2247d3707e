"""Staff who see a customer's pages: found by two cookies, and held to reading.

Every face answers with the refusal that the edge stores, before it does anything.
"""

from typing import Any

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.errors import ReadOnly
from chenu.accounts.impersonation import find_impersonated
from chenu.accounts.request_context import LEAVE_PATH
from chenu.accounts.sessions import find_actor
from chenu.core.errors import Forbidden

_READING = ("GET", "HEAD", "OPTIONS")


async def find_viewed(
    session_token: str, view_token: str, ip: str, account_id: AccountId | None
) -> Actor | None:
    """None where nobody's pages are seen. Raises Forbidden for any other account than theirs."""
    actor = await find_actor(session_token, ip)
    viewed = None if actor is None else await find_impersonated(actor, view_token)
    if viewed is not None and account_id not in (None, viewed.account_id):
        raise Forbidden("You are not a member of this account")
    return viewed


def require_viewing(actor: Actor, scope: Any) -> None:
    """Nothing but reading, and leaving. Raises ReadOnly."""
    if actor.impersonator is None or scope["path"] == LEAVE_PATH:
        return
    if scope["type"] != "http" or scope["method"] not in _READING:
        raise ReadOnly
