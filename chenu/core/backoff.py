"""How long a failed row waits before its next attempt, and how its failure is described."""

from datetime import timedelta

from chenu.core.errors import ChenuError

LONGEST = timedelta(hours=1)

BACKOFF = "least(interval '1 hour', interval '5 seconds' * 2 ^ least(attempts, 12))"
"""SQL: the wait after another failure of a row whose failures are counted in `attempts`."""


def name_failure(error: Exception) -> str:
    """The message of one of our refusals; of any other exception only its name.

    The text of an exception that is not ours may contain secrets.
    """
    if isinstance(error, ChenuError):
        return f"{error.code}: {error}"
    return type(error).__name__
