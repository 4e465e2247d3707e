"""Signing in again on the way: the page asks for the password and sends the same form once more.

Any form may carry the fields of that page beside its own: they are looked at before it is. So
nothing that was typed is lost, and no script is needed. docs/decisions/0046.
"""

from chenu.accounts.actor import Actor
from chenu.accounts.confirmation import FRESH, confirm_session, minutes_of
from chenu.accounts.errors import SignInAgain, WrongCredentials
from chenu.core.errors import Invalid, RateLimited
from chenu.core.i18n import mark
from storefront.forms import SENT_FORM, Fields, HttpRequest

PASSWORD = "again_password"  # noqa: S105 - the name of a field
_OURS = (PASSWORD, "csrf_token")
_NEVER_SHOWN = frozenset({"password", "current_password", "new_password"})
AGAIN_PATH = "/sign-in/again"


async def confirm_again(actor: Actor, form: Fields) -> None:
    """Raises SignInAgain with what is wrong, for a form that came with a password."""
    if PASSWORD not in form or actor.session_id is None:
        return
    try:
        await confirm_session(actor, form.text(PASSWORD))
    except WrongCredentials:
        wrong = Invalid(mark("The current password is wrong"), path=(PASSWORD,))
        raise SignInAgain(minutes_of(FRESH), wrong) from None
    except RateLimited as limited:
        raise SignInAgain(minutes_of(FRESH), limited) from None


def fields_to_repeat(request: HttpRequest) -> list[tuple[str, str]]:
    """What was asked, for the hidden fields of the page; no password is ever written into one."""
    sent: Fields | None = request.scope["state"].get(SENT_FORM)
    if sent is None:
        return []
    return [pair for pair in sent.pairs() if pair[0] not in _OURS and pair[0] not in _NEVER_SHOWN]
