"""Checks of email addresses, names, texts and languages; each error names its field."""

from chenu.accounts.reserved_names import reads_like_brand
from chenu.core.email_address import find_ascii_address, has_international_local_part
from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import LOCALES, is_locale, mark
from chenu.core.text import compose, has_control, tidy, turns_direction, visible_part

MAX_NAME = 80
_LONGEST_CODE = 100


def normalise_email(email: str) -> str:
    """The stored and compared form: ASCII, in lower case, without outer white space.

    Text that is no email address stays as it is; `check_email` refuses it.
    """
    return find_ascii_address(email) or email.strip()


def check_email(email: str, *, path: tuple[str, ...] = ("email",)) -> list[ChenuError]:
    """Of an address that is already normalised."""
    if find_ascii_address(email) is not None:
        return []
    if has_international_local_part(email):
        message = mark(
            "We cannot mail to addresses with accents or other alphabets before the @ yet"
        )
        return [Invalid(message, path=path)]
    return [Invalid("Please enter an e-mail address such as name@example.org", path=path)]


def check_line(
    text: str, *, path: tuple[str, ...], shortest: int = 1, longest: int = MAX_NAME
) -> list[ChenuError]:
    """A single line with visible text and without control characters."""
    tidied = tidy(text)
    if not shortest <= len(tidied) <= longest:
        message = mark("Please enter {shortest} to {longest} characters")
        return [Invalid(message, path=path, shortest=shortest, longest=longest)]
    if len(visible_part(tidied)) < shortest:
        return [_unseen(path, shortest)]
    if has_control(text, is_line=True):
        return [Invalid("Please enter one line of text without control characters", path=path)]
    return _check_direction(text, path)


def check_referral_code(code: str | None) -> list[ChenuError]:
    """As a text; whose it is, and whether it is one, stops nobody."""
    if code is None:
        return []
    return check_line(code, path=("referral_code",), shortest=0, longest=_LONGEST_CODE)


def check_name(
    text: str, *, path: tuple[str, ...], shortest: int = 1, longest: int = MAX_NAME
) -> list[ChenuError]:
    """A visible name of a person or thing, which must not read like the CHE·NU brand."""
    errors = check_line(text, path=path, shortest=shortest, longest=longest)
    if not errors and reads_like_brand(text):
        return [reserved_name(path)]
    return errors


def check_text(
    text: str, *, path: tuple[str, ...], longest: int, is_needed: bool = True
) -> list[ChenuError]:
    """Lines of text; empty is allowed where nothing is required."""
    tidied = tidy(text)
    if len(compose(text)) > longest or (is_needed and not tidied):
        return [_wrong_length(path, longest, is_needed=is_needed)]
    if is_needed and not visible_part(tidied):
        return [_unseen(path, 1)]
    if has_control(text, is_line=False):
        return [Invalid("Please enter text without control characters", path=path)]
    return _check_direction(text, path)


def _wrong_length(path: tuple[str, ...], longest: int, *, is_needed: bool) -> ChenuError:
    if not is_needed:
        return Invalid("Please enter at most {count} characters", path=path, count=longest)
    message = mark("Please enter {shortest} to {longest} characters")
    return Invalid(message, path=path, shortest=1, longest=longest)


def _unseen(path: tuple[str, ...], shortest: int) -> ChenuError:
    return Invalid("Please enter visible characters, at least {count}", path=path, count=shortest)


def _check_direction(text: str, path: tuple[str, ...]) -> list[ChenuError]:
    return [turned_text(path)] if turns_direction(text) else []


def turned_text(path: tuple[str, ...]) -> ChenuError:
    """Text with characters that change its reading direction."""
    message = mark("Please enter text without characters that turn its reading direction round")
    return Invalid(message, path=path)


def reserved_name(path: tuple[str, ...]) -> ChenuError:
    return Invalid("This name is reserved for CHE·NU: please choose another one", path=path)


def check_locale(locale: str, *, path: tuple[str, ...] = ("locale",)) -> list[ChenuError]:
    if not is_locale(locale):
        return [Invalid("The language is one of {allowed}", path=path, allowed=", ".join(LOCALES))]
    return []
