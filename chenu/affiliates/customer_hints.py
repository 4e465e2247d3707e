"""A customer as their affiliate sees them: told apart by whoever knows them, found by nobody."""

from chenu.core.i18n import Locale, mark, translate
from chenu.core.personal_data import is_pseudonymous

_DELETED = mark("a person who deleted their data")
_HIDDEN = "•••"
"""Of one length: how long an address is narrows it down."""


def hint_of(email: str | None, locale: Locale) -> str:
    """The first character of the address alone.

    The host is left out, where sellers are shown its first letter: a referral tells who somebody
    knows, and a domain of one's own is a name. Two letters of it are enough to guess that.
    """
    if email is None or is_pseudonymous(email):
        return translate(locale, _DELETED)
    return f"{email[:1]}{_HIDDEN}"
