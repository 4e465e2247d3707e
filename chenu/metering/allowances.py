"""What one caller of the API may do: calls per minute and per month.

Accounts have what their plan says, over all their keys. Sessions and anonymous callers have a rate
of their own, outside the plans.
"""

import hashlib
from enum import StrEnum
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, SessionId
from chenu.core.ip_addresses import network_of
from chenu.metering.plans import ApiPlan, ApiPlanCode

SESSION_CALLS_PER_MINUTE = 120
_BURST_PARTS = 5
"""A fifth of the rate may be used at once."""


class CallerKind(StrEnum):
    """A visitor is anonymous: known by network address, the /64 of IPv6."""

    ACCOUNT = "ACCOUNT"
    SESSION = "SESSION"
    VISITOR = "VISITOR"


class Allowance(msgspec.Struct, frozen=True):
    """`subject` is an account's id, or a hash of the session or address. None: no limit.

    `burst` is how many calls may be taken at once.
    """

    kind: CallerKind
    subject: str
    calls_per_minute: int | None
    burst: int
    monthly_calls: int | None
    plan: ApiPlanCode | None

    @property
    def is_counted(self) -> bool:
        """Whether its calls are counted by day and month."""
        return self.kind is CallerKind.ACCOUNT

    @property
    def account_id(self) -> AccountId:
        """Of one that is counted."""
        return AccountId(UUID(self.subject))


def allow_account(account_id: AccountId, plan: ApiPlan) -> Allowance:
    return Allowance(
        kind=CallerKind.ACCOUNT,
        subject=str(account_id),
        calls_per_minute=plan.calls_per_minute,
        burst=burst_of(plan.calls_per_minute),
        monthly_calls=plan.monthly_calls,
        plan=plan.code,
    )


def allow_session(session_id: SessionId) -> Allowance:
    return _allow_outside_plans(CallerKind.SESSION, session_id.hex)


def allow_visitor(ip: str) -> Allowance:
    return _allow_outside_plans(CallerKind.VISITOR, network_of(ip))


def burst_of(calls_per_minute: int | None) -> int:
    """At least one call, because nothing could ever be served otherwise."""
    return 0 if calls_per_minute is None else max(1, calls_per_minute // _BURST_PARTS)


def _allow_outside_plans(kind: CallerKind, subject: str) -> Allowance:
    """Hashed, so that neither sessions nor addresses can be read out of Valkey's keys."""
    return Allowance(
        kind=kind,
        subject=hashlib.blake2b(subject.encode(), digest_size=16).hexdigest(),
        calls_per_minute=SESSION_CALLS_PER_MINUTE,
        burst=burst_of(SESSION_CALLS_PER_MINUTE),
        monthly_calls=None,
        plan=None,
    )
