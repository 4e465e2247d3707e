"""What can be refused about people and keys, beyond the core's errors."""

from chenu.core.errors import RefusedError


class WrongCredentials(RefusedError):
    """The same words for an unknown address and a wrong password."""

    code = "INVALID"


def wrong_credentials() -> WrongCredentials:
    return WrongCredentials("The e-mail address or the password is wrong")
