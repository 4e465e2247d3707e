"""What the affiliate programme refuses."""

from chenu.core.errors import RefusedError
from chenu.core.i18n import mark


class SelfReferral(RefusedError):
    code = "SELF_REFERRAL"

    def __init__(self, *, path: tuple[str, ...] = ()) -> None:
        message = mark("This code is your own: sign up without it, since it earns nothing here")
        super().__init__(message, path=path)
