"""When one person of the staff may not return money alone.

docs/decisions/0076.
"""

from datetime import datetime, timedelta

from chenu.accounts.actor import AccountId, UserId
from chenu.agents.refund_requests import sum_sales_asked_by
from chenu.billing.refund_requests import sum_asked_by
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import Forbidden, InvalidState
from chenu.core.i18n import mark
from chenu.core.money import Cents

SECOND_PERSON_ABOVE = Cents(10_000)
WINDOW = timedelta(hours=24)
"""What one person returns to one customer within it counts together: nothing can be sliced."""
WAITS = timedelta(days=7)
"""A request that nobody has decided for so long is closed. Business time, as the window."""

_OWN = mark("You asked for this refund: a colleague decides about it")
_DECIDED = mark("This refund is decided already")
_EXPIRED = mark("Nobody has decided about this refund within seven days: ask for it anew")
CHANGED = mark("Less than that is left of this payment by now: reject this refund, and ask anew")


async def needs_second_person(account_id: AccountId, person: UserId, amount: Cents) -> bool:
    """In the transaction that writes the refund, which holds the customer's refunds until its end.

    What was asked for counts, also where Stripe refused it; what was rejected or expired does not.
    """
    await db.lock_until_commit(f"staff_refunds:{account_id}")
    since = business_now() - WINDOW
    asked = await sum_asked_by(person, account_id, since)
    asked = Cents(asked + await sum_sales_asked_by(person, account_id, since))
    return asked + amount > SECOND_PERSON_ABOVE


def expires_at(created_at: datetime) -> datetime:
    """From then on nobody can agree to it any more."""
    return created_at + WAITS


def require_decidable(
    by: UserId, requested_by: UserId | None, created_at: datetime, *, is_waiting: bool
) -> None:
    """Raises Forbidden for whoever asked for it, InvalidState when it is decided or too late."""
    if requested_by == by:
        raise Forbidden(_OWN)
    if not is_waiting:
        raise InvalidState(_DECIDED)
    if business_now() >= expires_at(created_at):
        raise InvalidState(_EXPIRED)
