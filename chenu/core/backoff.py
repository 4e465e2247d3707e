"""How long a row that failed waits for its next attempt, and what is said about the failure."""

from datetime import timedelta

from chenu.core.errors import ChenuError

LONGEST = timedelta(hours=1)

BACKOFF = "least(interval '1 hour', interval '5 seconds' * 2 ^ least(attempts, 12))"
"""SQL: the wait after one more failure of a row that counts its `attempts`."""


def name_failure(error: Exception) -> str:
    """A refusal in its own words; of others the name alone: their texts may hold secrets."""
    if isinstance(error, ChenuError):
        return f"{error.code}: {error}"
    return type(error).__name__
