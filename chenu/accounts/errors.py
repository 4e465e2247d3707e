"""Refusals about people and keys, in addition to those of core."""

from uuid import UUID

from chenu.core.errors import ChenuError, Forbidden, LimitReached, RefusedError
from chenu.core.i18n import mark


class WrongCredentials(RefusedError):
    """The message is the same for an unknown email address and a wrong password."""

    code = "INVALID"


class SignInAgain(ChenuError):
    """The sign-in is too long ago for this: a page asks for the password and then goes on.

    `wrong` is what was wrong with the password or code that was given. `asks_code`: the person has
    a second factor.
    """

    code = "SIGN_IN_AGAIN"

    def __init__(
        self, minutes: int, *, asks_code: bool = False, wrong: ChenuError | None = None
    ) -> None:
        message = mark("Please sign in again: you did so more than {minutes} minutes ago")
        super().__init__(message, minutes=minutes)
        self.asks_code = asks_code
        self.wrong = wrong


class CodeNeeded(RefusedError):
    """The password is right; the code of the authenticator app is asked for next."""

    code = "CODE_NEEDED"

    def __init__(self, user_id: UUID) -> None:
        message = mark("Please enter the code of your authenticator app, or a recovery code")
        super().__init__(message, path=("code",))
        self.user_id = user_id


class WrongCode(RefusedError):
    """Not the code of now, one that was taken already, or a recovery code that was used."""

    code = "INVALID"

    def __init__(self) -> None:
        message = mark("This code is wrong, or was used already: wait for the next one")
        super().__init__(message, path=("code",))


class RightMissing(Forbidden):
    """The caller's role in the account, or the lack of a seat, does not allow it."""


class SeatsTaken(LimitReached):
    """No further member has room in the account's plan."""


def wrong_credentials() -> WrongCredentials:
    return WrongCredentials("The e-mail address or the password is wrong")


class ReadOnly(Forbidden):
    """Staff see a customer's pages: nothing can be changed, and some pages stay closed."""

    def __init__(self) -> None:
        super().__init__(
            mark(
                "You see the pages of a customer: nothing can be changed or downloaded here, and"
                " some pages stay closed. Leave them first"
            )
        )
