"""Refusals about people and keys, in addition to those of core."""

from chenu.core.errors import RefusedError


class WrongCredentials(RefusedError):
    """The message is the same for an unknown email address and a wrong password."""

    code = "INVALID"


def wrong_credentials() -> WrongCredentials:
    return WrongCredentials("The e-mail address or the password is wrong")
