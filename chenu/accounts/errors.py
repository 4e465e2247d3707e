"""Refusals about people and keys, in addition to those of core."""

from chenu.core.errors import Forbidden, LimitReached, RefusedError


class WrongCredentials(RefusedError):
    """The message is the same for an unknown email address and a wrong password."""

    code = "INVALID"


class RightMissing(Forbidden):
    """The caller's role in the account, or the lack of a seat, does not allow it."""


class SeatsTaken(LimitReached):
    """No further member has room in the account's plan."""


def wrong_credentials() -> WrongCredentials:
    return WrongCredentials("The e-mail address or the password is wrong")
