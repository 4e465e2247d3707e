"""Why an operation was run by graphql-core instead of compiled; counted for /metrics."""

from enum import StrEnum

from prometheus_client import Counter

from chenu.core.errors import ChenuError, Unavailable


class FallbackReason(StrEnum):
    """Before a document is compiled, while it is, and while it runs."""

    SWITCHED_OFF = "switched_off"
    FIRST_USE = "first_use"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"

    DIRECTIVE = "directive"
    INTROSPECTION = "introspection"

    INVALID_VARIABLES = "invalid_variables"
    NULL_IN_NON_NULL = "null_in_non_null"
    INVALID_VALUE = "invalid_value"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    ERROR = "error"


class NotCompiled(Exception):
    """Only graphql-core can execute this, or word its error."""

    def __init__(self, reason: FallbackReason) -> None:
        super().__init__(reason)
        self.reason = reason


_COMPILED = Counter("chenu_graphql_compiled", "Queries that ran compiled to their end")
_FALLBACKS = Counter(
    "chenu_graphql_fallbacks", "Operations that graphql-core ran instead, by reason", ["reason"]
)
_EVICTED = Counter(
    "chenu_graphql_evicted", "Compiled queries dropped because others were used since"
)
_BY_REASON = {reason: _FALLBACKS.labels(reason.value) for reason in FallbackReason}
"""Created at once, so that a monitor sees each reason at zero."""


def count_compiled() -> None:
    _COMPILED.inc()


def count_fallback(reason: FallbackReason) -> None:
    _BY_REASON[reason].inc()


def count_evicted() -> None:
    _EVICTED.inc()


def find_reason(error: Exception) -> FallbackReason:
    """Why a compiled run failed, by the error that it raised."""
    if isinstance(error, NotCompiled):
        return error.reason
    if isinstance(error, Unavailable):
        return FallbackReason.UNAVAILABLE
    if isinstance(error, ChenuError):
        return FallbackReason.REFUSED
    return FallbackReason.ERROR
