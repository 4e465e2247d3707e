"""Signing in again on the way: the page asks for the password and sends the same form once more.

Any form may carry the fields of that page beside its own: they are looked at before it is. So
nothing that was typed is lost, and no script is needed. docs/decisions/0046. Who signs in by a
provider proves themselves there, in another tab if a form waits. docs/decisions/0088.
"""

from typing import Any

import msgspec

from chenu.accounts.actor import Actor, UserId
from chenu.accounts.confirmation import confirm_session, sign_in_again
from chenu.accounts.errors import SignInAgain, WrongCode, WrongCredentials
from chenu.accounts.request_context import STATE_KEY, RequestContext
from chenu.accounts.second_factor import take_code
from chenu.core.errors import Invalid, RateLimited
from chenu.core.i18n import mark
from chenu.flows.sso.confirming import find_provider_way, may_use_password
from storefront.forms import SENT_FORM, Fields, HttpRequest

PASSWORD = "again_password"  # noqa: S105 - the name of a field
CODE = "again_code"
_OURS = (PASSWORD, CODE, "csrf_token")
_NEVER_SHOWN = frozenset({"password", "current_password", "new_password"})
AGAIN_PATH = "/sign-in/again"
PROVIDER_PATH = f"{AGAIN_PATH}/provider"
DONE_PATH = f"{AGAIN_PATH}/done"
WAYS_KEY = "ways_to_sign_in_again"
"""In the scope's state: how the person of a request that has to sign in again can do so."""


class Ways(msgspec.Struct, frozen=True):
    """`provider` is its name, empty for people whom none signs in."""

    provider: str = ""
    has_password: bool = True


async def look_up_ways(error: Exception, scope: Any) -> None:
    """Before the page of the error is made, which itself asks nothing of the database."""
    if isinstance(error, SignInAgain):
        request_context: RequestContext = scope["state"][STATE_KEY]
        scope["state"][WAYS_KEY] = await _find_ways(request_context.actor)


async def _find_ways(actor: Actor) -> Ways:
    """Passwords count unless a provider is there in their place."""
    way = await find_provider_way(actor)
    if way is None:
        return Ways()
    return Ways(way.connection.name, await may_use_password(actor.require_user()))


async def confirm_again(actor: Actor, form: Fields, key: bytes) -> None:
    """Raises SignInAgain with what is wrong, for a form that came with a password."""

    async def check(user_id: UserId) -> None:
        await take_code(user_id, form.text(CODE), key)

    is_given = bool(form.text(PASSWORD))  # who comes from their provider sends the field empty
    if not is_given or actor.session_id is None or actor.impersonator is not None:
        return
    if not (await _find_ways(actor)).has_password:
        wrong = Invalid(mark("The current password is wrong"), path=(PASSWORD,))
        raise await sign_in_again(actor, wrong=wrong)
    try:
        await confirm_session(actor, form.text(PASSWORD), check)
    except WrongCredentials:
        wrong = Invalid(mark("The current password is wrong"), path=(PASSWORD,))
        raise await sign_in_again(actor, wrong=wrong) from None
    except WrongCode as error:
        wrong = Invalid(error.message, path=(CODE,))
        raise await sign_in_again(actor, wrong=wrong) from None
    except RateLimited as limited:
        raise await sign_in_again(actor, wrong=limited) from None


def fields_to_repeat(request: HttpRequest) -> list[tuple[str, str]]:
    """What was asked, for the hidden fields of the page; no password is ever written into one."""
    sent: Fields | None = request.scope["state"].get(SENT_FORM)
    if sent is None:
        return []
    return [pair for pair in sent.pairs() if pair[0] not in _OURS and pair[0] not in _NEVER_SHOWN]
