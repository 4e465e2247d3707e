"""Refusals about people and keys, in addition to those of core."""

from chenu.core.errors import ChenuError, Forbidden, LimitReached, RefusedError
from chenu.core.i18n import mark


class WrongCredentials(RefusedError):
    """The message is the same for an unknown email address and a wrong password."""

    code = "INVALID"


class SignInAgain(ChenuError):
    """The sign-in is too long ago for this: a page asks for the password and then goes on.

    `wrong` is what was wrong with the password or code that was given.
    """

    code = "SIGN_IN_AGAIN"

    def __init__(self, minutes: int, wrong: ChenuError | None = None) -> None:
        message = mark("Please sign in again: you did so more than {minutes} minutes ago")
        super().__init__(message, minutes=minutes)
        self.wrong = wrong


class RightMissing(Forbidden):
    """The caller's role in the account, or the lack of a seat, does not allow it."""


class SeatsTaken(LimitReached):
    """No further member has room in the account's plan."""


def wrong_credentials() -> WrongCredentials:
    return WrongCredentials("The e-mail address or the password is wrong")
