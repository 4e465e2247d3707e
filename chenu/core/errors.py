"""Errors that people and programs can act on.

No HTTP here: `code` becomes a status in chenu/http/errors.py. `message` is English source text with
{named} parameters; chenu.core.i18n translates it. `path` names the input field by its Python name,
outermost first. docs/decisions/0004.
"""

from collections.abc import Iterable
from typing import Any, ClassVar


class SettingError(Exception):
    """A process cannot start: one line that names the setting and what is allowed."""


class ChenuError(Exception):
    """A request was refused or malformed, or failed; nothing was changed."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, *, path: Iterable[str] = (), **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)
        self.params = params

    @property
    def each(self) -> tuple["ChenuError", ...]:
        """The single errors in it: itself, unless it is a Rejected."""
        return (self,)

    def __str__(self) -> str:
        return self.message.format(**self.params)


class Rejected(ChenuError):
    """Several errors of one input, reported together."""

    code = "INVALID"

    def __init__(self, errors: Iterable[ChenuError]) -> None:
        self._errors = tuple(errors)
        super().__init__("{count} fields need attention", count=len(self._errors))

    @property
    def each(self) -> tuple[ChenuError, ...]:
        return self._errors


def reject_if_any(errors: list[ChenuError]) -> None:
    """Raise what a validation collected: one error, or a Rejected with all of them.

    Nothing if empty.
    """
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Rejected(errors)


class RefusedError(ChenuError):
    """A request that a business rule refuses: shown in GraphQL's userErrors, or as text on
    a page.
    """


class Invalid(RefusedError):
    code = "INVALID"


class NotFound(RefusedError):
    code = "NOT_FOUND"


class AlreadyExists(RefusedError):
    code = "ALREADY_EXISTS"


class InvalidState(RefusedError):
    code = "INVALID_STATE"


class Unverified(InvalidState):
    """The email address must be verified first; the caller can do that."""


class LimitReached(RefusedError):
    code = "LIMIT_REACHED"


class ProviderUnavailable(RefusedError):
    """Stripe (or another external service) did not answer, or its answer is not known."""

    code = "PROVIDER_UNAVAILABLE"


class BrokenRequest(ChenuError):
    """A request that cannot be served as sent: a top-level error in GraphQL, a status in HTTP."""


class Unauthenticated(BrokenRequest):
    code = "UNAUTHENTICATED"


class Forbidden(BrokenRequest):
    code = "FORBIDDEN"


class BadInput(BrokenRequest):
    code = "BAD_INPUT"


class IdempotencyConflict(BrokenRequest):
    code = "IDEMPOTENCY_CONFLICT"


class RateLimited(BrokenRequest):
    """Too many attempts; `retry_after` is in seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after: int, **params: Any) -> None:
        super().__init__(message, retry_after=retry_after, **params)
        self.retry_after = retry_after


class Unavailable(BrokenRequest):
    code = "UNAVAILABLE"


class Busy(Unavailable):
    """Nothing was changed; the same request may succeed a moment later."""
