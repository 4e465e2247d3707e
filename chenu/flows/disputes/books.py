"""The books of disputes: what the bank took, what it gave again, and Stripe's fee.

DISPUTED_PAYMENTS holds what was taken out of everybody's part and has not left yet, or has come
back and was not given again: zero once a dispute is decided. docs/money.md, "Disputes".
"""

from collections.abc import Sequence
from uuid import UUID

from chenu.billing.dispute_states import DisputeState
from chenu.billing.disputes import DisputeRow
from chenu.core.money import Cents
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    DISPUTED_PAYMENTS,
    PLATFORM_REVENUE,
    STRIPE_FEES,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, credit, debit, post


async def book_movements(dispute: DisputeRow, state: DisputeState) -> None:
    """Each line of Stripe's balance once; the fee is the platform's, whoever wins."""
    for line in state.movements:
        await _post(
            dispute,
            f"dispute-moved:{line.id}",
            "DISPUTE_MOVED",
            (
                debit(BUYER_PAYMENTS, euros(line.amount)),
                credit(DISPUTED_PAYMENTS, euros(line.amount)),
            ),
            dispute.id,
        )
        await _post(
            dispute,
            f"dispute-fee:{line.id}",
            "DISPUTE_FEE",
            (debit(PLATFORM_REVENUE, euros(line.fee)), credit(STRIPE_FEES, euros(line.fee))),
            dispute.id,
        )


async def book_taken(dispute: DisputeRow, cause: str, parts: Sequence[LedgerEntry]) -> None:
    """`parts` come out of whose part it was: debits, together of the payment's own amount."""
    taken = Cents(-sum(each.amount.units for each in parts))
    await _post(
        dispute,
        f"dispute-taken:{cause}",
        "DISPUTE_TAKEN",
        (*parts, credit(DISPUTED_PAYMENTS, euros(taken))),
        dispute.payment_id,
    )
    await _book_excess(dispute, f"dispute-excess:{cause}", Cents(dispute.amount - taken))


async def book_returned(dispute: DisputeRow, cause: str, parts: Sequence[LedgerEntry]) -> None:
    """The same backwards: credits."""
    returned = Cents(sum(each.amount.units for each in parts))
    await _post(
        dispute,
        f"dispute-returned:{cause}",
        "DISPUTE_RETURNED",
        (debit(DISPUTED_PAYMENTS, euros(returned)), *parts),
        dispute.payment_id,
    )
    excess = Cents(returned - dispute.amount)
    await _book_excess(dispute, f"dispute-excess-returned:{cause}", excess)


async def _book_excess(dispute: DisputeRow, key: str, excess: Cents) -> None:
    """What a bank takes beyond what is left of a payment is the platform's loss."""
    entries = (
        debit(PLATFORM_REVENUE, euros(excess)),
        credit(DISPUTED_PAYMENTS, euros(excess)),
    )
    await _post(dispute, key, "DISPUTE_EXCESS", entries, dispute.id)


async def _post(
    dispute: DisputeRow, key: str, kind: str, entries: Sequence[LedgerEntry], subject_id: UUID
) -> None:
    await post(
        LedgerTransaction(
            business_key=key,
            kind=kind,
            account_id=dispute.account_id,
            subject_id=subject_id,
            entries=entries,
        )
    )
