"""What a request took of its caller's calls, and how the answer says so.

The two headers are those of the IETF's draft-ietf-httpapi-ratelimit-headers: docs/api.md.
"""

from datetime import timedelta

import msgspec

from chenu.core.clock import business_now
from chenu.core.i18n import Locale
from chenu.core.months import month_of
from chenu.metering.allowances import Allowance
from chenu.metering.decisions import Decision
from chenu.metering.errors import make_refusal

Headers = dict[str, str]

HEADERS = frozenset({"ratelimit", "ratelimit-policy"})
_SECOND = timedelta(seconds=1)


class Charge(msgspec.Struct, frozen=True):
    """`calls` were taken, or would be of a caller who is not metered; 0 if refused.

    `allowance` and `decision` are None for a caller who is not metered.
    """

    calls: int
    allowance: Allowance | None = None
    decision: Decision | None = None

    @property
    def available(self) -> int | None:
        """Calls that are left at this moment; None: no limit."""
        return None if self.decision is None else self.decision.available

    @property
    def restore_rate(self) -> int | None:
        """Calls that come back each minute; None: no limit."""
        return None if self.decision is None else self.decision.restore_rate

    @property
    def is_refused(self) -> bool:
        return self.decision is not None and self.decision.refused_by is not None

    def require(self, locale: Locale) -> None:
        """Raises RateLimited or QuotaExceeded if the calls were refused."""
        if self.allowance is not None and self.decision is not None and self.is_refused:
            raise make_refusal(self.allowance, self.decision, locale)

    @property
    def headers(self) -> Headers:
        """Empty for a caller without limits."""
        if self.allowance is None or self.decision is None:
            return {}
        policies, limits = [], []
        if self.allowance.calls_per_minute is not None:
            policies.append(f'"minute";q={self.allowance.calls_per_minute};w=60')
            limits.append(_describe_minute(self.allowance, self.decision))
        if self.decision.limit is not None:
            policies.append(f'"month";q={self.decision.limit};w={_month_seconds(self.decision)}')
            limits.append(_describe_month(self.decision))
        if not limits:
            return {}
        return {"ratelimit-policy": ", ".join(policies), "ratelimit": ", ".join(limits)}


NOTHING_TAKEN = Charge(0)


def _describe_minute(allowance: Allowance, decision: Decision) -> str:
    """`t`: seconds until as many calls are there as may be taken at once."""
    rate, available = allowance.calls_per_minute or 1, decision.available or 0
    wait = -(-60 * max(0, allowance.burst - available) // rate)
    return f'"minute";r={available};t={max(wait, 0)}'


def _describe_month(decision: Decision) -> str:
    seconds = -((business_now() - decision.resets_at) // _SECOND)
    return f'"month";r={decision.remaining or 0};t={max(0, seconds)}'


def _month_seconds(decision: Decision) -> int:
    month = month_of(decision.resets_at - _SECOND)
    return (month.end - month.start) // _SECOND


class SharedAnswer(msgspec.Struct, frozen=True):
    """The written answer of a query that is the same for everybody, but for the calls that each
    caller has left.
    """

    calls: int
    before: bytes
    after: bytes

    def write(self, charge: Charge) -> bytes:
        available = b"null" if charge.available is None else b"%d" % charge.available
        return self.before + available + self.after


SHARED_ANSWER = "shared_answer"
"""Set in the scope's state, beside FOR_EVERYBODY, by a route that takes calls."""
_AVAILABLE = b'"available":'


def share_answer(body: bytes, calls: int) -> SharedAnswer:
    """`body` is JSON that ends with its cost; nothing behind `available` is text of others."""
    before, mark, rest = body.rpartition(_AVAILABLE)
    _, comma, after = rest.partition(b",")
    return SharedAnswer(calls, before + mark, comma + after)
