"""What an address, a name and a language must look like; each check names its field."""

import re
import unicodedata

from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import LOCALES, is_locale

MAX_EMAIL = 254
MAX_NAME = 80
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)
"""A dot-atom of RFC 5322 at a host: what every mail program can be given."""

_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNS_TEXT_ROUND = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])
"""Bidirectional classes that make a line read otherwise than it is written."""


def normalise_email(email: str) -> str:
    """Lower case, without outer white space: how it is stored and compared."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def check_email(email: str, *, path: tuple[str, ...] = ("email",)) -> list[ChenuError]:
    """Of an already normalised address."""
    if len(email) > MAX_EMAIL or not _EMAIL.fullmatch(email):
        return [Invalid("Please enter an e-mail address such as name@example.org", path=path)]
    return []


def check_line(
    text: str, *, path: tuple[str, ...], shortest: int = 1, longest: int = MAX_NAME
) -> list[ChenuError]:
    """A single line of text, without control characters."""
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf").strip()
    if len(visible) < shortest or len(text.strip()) > longest:
        message = "Please enter {shortest} to {longest} characters"
        return [Invalid(message, path=path, shortest=shortest, longest=longest)]
    if any(_is_control(char) for char in text):
        return [Invalid("Please enter one line of text without control characters", path=path)]
    return []


def _is_control(char: str) -> bool:
    is_control = unicodedata.category(char) in _CONTROLS
    return is_control or unicodedata.bidirectional(char) in _TURNS_TEXT_ROUND


def check_locale(locale: str, *, path: tuple[str, ...] = ("locale",)) -> list[ChenuError]:
    if not is_locale(locale):
        return [Invalid("The language is one of {allowed}", path=path, allowed=", ".join(LOCALES))]
    return []
