"""A sign-in by a provider that is refused: one code for the audit trail, words for a person."""

from chenu.core.errors import InvalidState
from chenu.core.i18n import mark
from chenu.sso.model import Refusal

_BEGIN_AGAIN = mark("This sign-in has ended: please begin it again")
_NOT_TRUSTED = mark(
    "The answer of your provider does not prove who you are: please begin again, or ask whoever"
    " looks after it"
)
_MISSING = mark(
    "Your provider does not say what we need (an identifier and a verified mailbox): ask whoever"
    " looks after it"
)
_AWAY = mark("Your provider does not answer, or not as it should: please try again in a moment")

WORDS = {
    Refusal.STATE_UNKNOWN: _BEGIN_AGAIN,
    Refusal.STATE_USED: _BEGIN_AGAIN,
    Refusal.STATE_EXPIRED: _BEGIN_AGAIN,
    Refusal.OTHER_BROWSER: _BEGIN_AGAIN,
    Refusal.OTHER_CONNECTION: _BEGIN_AGAIN,
    Refusal.OTHER_PERSON: mark("Only the owner who began a trial can finish it: begin it again"),
    Refusal.OTHER_MEMBER: mark(
        "At your provider you are somebody else than here: sign out there, and try again"
    ),
    Refusal.NOT_ASKED_ANEW: mark(
        "Your provider did not ask who you are this time: sign out there, and try again"
    ),
    Refusal.PROVIDER_REFUSED: mark("Your provider did not let you sign in: ask whoever runs it"),
    Refusal.PROVIDER_UNAVAILABLE: _AWAY,
    Refusal.METADATA_INVALID: _AWAY,
    Refusal.CODE_MISSING: _BEGIN_AGAIN,
    Refusal.CODE_REFUSED: _NOT_TRUSTED,
    Refusal.SUBJECT_MISSING: _MISSING,
    Refusal.EMAIL_MISSING: _MISSING,
    Refusal.EMAIL_UNVERIFIED: mark("Your provider has not verified your mailbox: ask who runs it"),
    Refusal.DOMAIN_FOREIGN: mark(
        "Your mailbox is not of a domain of this organisation: sign in as you did before"
    ),
    Refusal.CONNECTION_OFF: mark(
        "This organisation does not sign its people in by a provider now: use your password"
    ),
    Refusal.SEATS_TAKEN: mark(
        "All seats of the account are taken: its owner has to free one before you can join"
    ),
    Refusal.OTHER_IDENTITY: mark(
        "Your mailbox belongs to another person of your provider: ask the account's owner"
    ),
    Refusal.MEMBER_REMOVED: mark(
        "You are no member of this account any more: its owner can invite you again"
    ),
}


class SsoRefused(InvalidState):
    """`refusal` is its code; `detail` is for the audit trail alone, and has no secrets."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(WORDS.get(refusal, _NOT_TRUSTED))
        self.refusal = refusal
        self.detail = detail


class PasswordsOff(InvalidState):
    """The person's organisation requires its provider; `connection` says which."""

    def __init__(self, connection: str) -> None:
        super().__init__(
            mark("Your organisation signs its people in by its own provider: go on there")
        )
        self.connection = connection
