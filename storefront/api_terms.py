"""What the developer's page says about the API: its plans, answers and headers."""

from collections.abc import Sequence

import msgspec

from chenu.core.i18n import mark

POINTS_OF_A_CALL = 1_000
MOST_POINTS = 5_000


class CountedCost(msgspec.Struct, frozen=True):
    """A request of `least` to `most` points is counted as so many calls."""

    least: int
    most: int
    calls: int


def count_costs() -> Sequence[CountedCost]:
    return [
        CountedCost(0 if calls == 1 else most - POINTS_OF_A_CALL + 1, most, calls)
        for calls, most in enumerate(
            range(POINTS_OF_A_CALL, MOST_POINTS + 1, POINTS_OF_A_CALL), start=1
        )
    ]


class Term(msgspec.Struct, frozen=True):
    """A name of the API's, and what it means."""

    name: str
    meaning: str
    status: int | None = None


ERRORS = (
    Term("UNAUTHENTICATED", mark("The key is unknown, expired or revoked. Make another."), 401),
    Term(
        "FORBIDDEN",
        mark("The key lacks the scope, or its maker may not do this. Make a key with that scope."),
        403,
    ),
    Term(
        "PLAN_REQUIRED",
        mark("The account has no access to the API any more. Choose a plan that has it."),
        402,
    ),
    Term("NOT_FOUND", mark("There is no such thing, or it is not yours to see.")),
    Term("BAD_INPUT", mark("The request cannot be read. The message names what is allowed."), 400),
    Term(
        "VALIDATION_FAILED",
        mark("The operation does not fit the schema, or is too deep or too long."),
        400,
    ),
    Term(
        "COST_EXCEEDED",
        mark("The operation would cost too many points. Ask for smaller pages."),
        400,
    ),
    Term(
        "RATE_LIMITED",
        mark("Too many calls in this minute. Send it again after the seconds of Retry-After."),
        429,
    ),
    Term(
        "QUOTA_EXCEEDED",
        mark(
            "The month’s calls are used up. The message says when they begin anew, "
            "and what the next plan costs."
        ),
        429,
    ),
    Term(
        "IDEMPOTENCY_CONFLICT",
        mark("The same idempotency key came with other input. Use a new key for a new wish."),
    ),
    Term(
        "UNAVAILABLE",
        mark("A part of CHE·NU does not answer just now. Nothing was changed: try again."),
        503,
    ),
    Term(
        "INTERNAL",
        mark("A fault of ours. Tell us the requestId of the error and we will look it up."),
        500,
    ),
)
"""Top-level errors, as `extensions.code`."""

COST = (
    Term("requested", mark("The points that the operation may cost, known before it runs.")),
    Term("actual", mark("The points that it did cost.")),
    Term("calls", mark("The calls that it was counted as.")),
    Term("available", mark("The calls that you may send at once now.")),
    Term("restoreRate", mark("The calls that come back each minute.")),
)
"""Fields of `extensions.cost`."""

HEADERS = (
    Term(
        "RateLimit-Policy",
        mark("The limits that hold for you, minute and month: so many calls (q) in seconds (w)."),
    ),
    Term(
        "RateLimit",
        mark("What is left of each limit (r), and the seconds until it is whole again (t)."),
    ),
    Term("Retry-After", mark("With each refusal by a limit: the whole seconds to wait.")),
    Term("X-Request-Id", mark("The request’s own number. Name it when you ask us about it.")),
)
