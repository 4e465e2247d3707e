"""What an address, a name and a language must look like; each check names its field."""

import re
import unicodedata

from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import LOCALES, is_locale

MAX_EMAIL = 254
MAX_NAME = 80
_EMAIL = re.compile(
    r"[^@\s\"(),:;<>\[\]\\]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)


def normalise_email(email: str) -> str:
    """Lower case, without outer white space: how it is stored and compared."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def check_email(email: str, *, path: tuple[str, ...] = ("email",)) -> list[ChenuError]:
    """Of an already normalised address."""
    if len(email) > MAX_EMAIL or not _EMAIL.fullmatch(email) or ".." in email:
        return [Invalid("Please enter an e-mail address such as name@example.org", path=path)]
    return []


def check_line(
    text: str, *, path: tuple[str, ...], shortest: int = 1, longest: int = MAX_NAME
) -> list[ChenuError]:
    """A single line of text, without control characters."""
    if not shortest <= len(text.strip()) <= longest:
        message = "Please enter {shortest} to {longest} characters"
        return [Invalid(message, path=path, shortest=shortest, longest=longest)]
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        return [Invalid("Please enter one line of text without control characters", path=path)]
    return []


def check_locale(locale: str, *, path: tuple[str, ...] = ("locale",)) -> list[ChenuError]:
    if not is_locale(locale):
        return [Invalid("The language is one of {allowed}", path=path, allowed=", ".join(LOCALES))]
    return []
