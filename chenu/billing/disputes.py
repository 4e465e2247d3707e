"""Disputes as Stripe told of them last, and what was done about each here."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.billing.dispute_states import DisputeState, DisputeStatus
from chenu.billing.dispute_tables import Dispute
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.fetched import Fetched
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.rows import Columns

DisputeId = NewType("DisputeId", UUID)

MOST_SHOWN = 100


class DisputedKind(StrEnum):
    """What the disputed payment was for."""

    AGENT = "AGENT"
    PACK = "PACK"
    PLAN = "PLAN"


class DisputedPayment(msgspec.Struct, frozen=True):
    """The payment that a charge at Stripe settled; `purchase_id` of an agent."""

    kind: DisputedKind
    id: UUID
    account_id: AccountId
    purchase_id: UUID | None
    creator_id: UUID | None


class DisputeRow(msgspec.Struct, frozen=True):
    """`withdrawn` None: no money ever moved. `taken`: of the payment, while `is_taken`."""

    id: DisputeId
    account_id: AccountId
    subject: DisputedKind
    payment_id: UUID
    purchase_id: UUID | None
    creator_id: UUID | None
    stripe_dispute_id: str
    stripe_charge_id: str
    amount: Cents
    reason: str
    status: DisputeStatus
    is_refundable: bool
    due_by: datetime | None
    withdrawn: Cents | None
    is_taken: bool
    taken: Cents
    evidence: str | None
    evidence_by: UserId | None
    evidence_at: datetime | None
    reminded_at: datetime | None
    fetch_number: int
    created_at: datetime
    closed_at: datetime | None

    @property
    def takes_evidence(self) -> bool:
        """Until it was given, or the bank's last day is over."""
        is_late = self.due_by is not None and self.due_by <= business_now()
        return self.status.takes_evidence and self.evidence is None and not is_late


_DISPUTES = Columns(
    DisputeRow,
    Dispute,
    account_id="account",
    payment_id="payment",
    purchase_id="purchase",
    creator_id="creator",
)
_DISPUTE = f"SELECT {_DISPUTES.select()} FROM dispute"  # noqa: S608 - own columns


async def find_dispute(stripe_dispute_id: str, *, lock: bool = False) -> DisputeRow | None:
    suffix = " FOR NO KEY UPDATE" if lock else ""
    sql = f"{_DISPUTE} WHERE stripe_dispute_id = $1{suffix}"
    return await db.find_one(DisputeRow, sql, stripe_dispute_id)


async def get_dispute(dispute_id: DisputeId, *, lock: bool = False) -> DisputeRow:
    """Raises NotFound."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(DisputeRow, f"{_DISPUTE} WHERE id = $1{suffix}", dispute_id)
    if found is None:
        raise NotFound("There is no such dispute")
    return found


async def list_disputes_of_purchases(purchase_ids: Sequence[UUID]) -> list[DisputeRow]:
    """The newest first."""
    sql = f"{_DISPUTE} WHERE purchase = ANY($1) ORDER BY id DESC LIMIT 1000"
    return await db.fetch_all(DisputeRow, sql, list(purchase_ids))


async def list_disputes_of_payment(payment_id: UUID) -> list[DisputeRow]:
    return await db.fetch_all(DisputeRow, f"{_DISPUTE} WHERE payment = $1", payment_id)


async def find_taking_dispute(payment_id: UUID) -> DisputeRow | None:
    """The one that has taken what it takes, of which there is one at a time: it stands, or is lost.

    Stripe lets none be opened beside it.
    """
    sql = f"{_DISPUTE} WHERE payment = $1 AND is_taken ORDER BY id DESC LIMIT 1"
    return await db.find_one(DisputeRow, sql, payment_id)


async def sum_taken(payment_ids: Sequence[UUID]) -> Cents:
    """What disputes of these payments have taken of them and not given back."""
    sql = "SELECT coalesce(sum(taken), 0)::bigint FROM dispute WHERE payment = ANY($1) AND is_taken"
    return Cents(await db.fetch_value(sql, list(payment_ids)))


async def list_forbidden_refunds(payment_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the payments whose bank has, or had, the money: Stripe refunds none of it."""
    sql = "SELECT DISTINCT payment FROM dispute WHERE payment = ANY($1) AND NOT is_refundable"
    return {each["payment"] for each in await db.fetch_records(sql, list(payment_ids))}


async def list_disputes_of_creator(creator_id: UUID) -> list[DisputeRow]:
    """The newest first."""
    sql = f"{_DISPUTE} WHERE creator = $1 ORDER BY id DESC LIMIT {MOST_SHOWN}"
    return await db.fetch_all(DisputeRow, sql, creator_id)


async def list_disputes() -> list[DisputeRow]:
    """The newest first."""
    sql = f"{_DISPUTE} ORDER BY id DESC LIMIT {MOST_SHOWN}"
    return await db.fetch_all(DisputeRow, sql)


async def store_dispute(payment: DisputedPayment, fetched: Fetched[DisputeState]) -> DisputeRow:
    """Inserts it, or adopts the answer unless a later one is stored; the row, locked."""
    suffix = """
        ON CONFLICT (stripe_dispute_id) DO UPDATE SET status = excluded.status,
            reason = excluded.reason, is_refundable = excluded.is_refundable,
            due_by = excluded.due_by, withdrawn = excluded.withdrawn,
            fetch_number = excluded.fetch_number,
            closed_at = CASE WHEN excluded.closed_at IS NULL THEN NULL
                ELSE coalesce(dispute.closed_at, excluded.closed_at) END
        WHERE dispute.fetch_number < excluded.fetch_number
    """
    await _DISPUTES.insert(_make_row(payment, fetched), suffix)
    stored = await find_dispute(fetched.value.id, lock=True)
    if stored is None:
        raise RuntimeError(f"dispute {fetched.value.id} is not there")
    return stored


def _make_row(payment: DisputedPayment, fetched: Fetched[DisputeState]) -> DisputeRow:
    """Before anything was done about it."""
    state = fetched.value
    return DisputeRow(
        id=DisputeId(new_id()),
        account_id=payment.account_id,
        subject=payment.kind,
        payment_id=payment.id,
        purchase_id=payment.purchase_id,
        creator_id=payment.creator_id,
        stripe_dispute_id=state.id,
        stripe_charge_id=state.charge_id,
        amount=state.amount,
        reason=state.reason,
        status=state.status,
        is_refundable=state.is_refundable,
        due_by=state.due_by,
        withdrawn=state.withdrawn,
        is_taken=False,
        taken=Cents(0),
        evidence=None,
        evidence_by=None,
        evidence_at=None,
        reminded_at=None,
        fetch_number=fetched.number,
        created_at=state.created,
        closed_at=business_now() if state.status.is_closed else None,
    )


async def mark_taken(dispute_id: DisputeId, taken: Cents) -> None:
    """What it takes was taken: `taken` of the payment, less than the dispute if less was left."""
    sql = "UPDATE dispute SET is_taken = true, taken = $2 WHERE id = $1"
    await db.execute(sql, dispute_id, taken)


async def mark_returned(dispute_id: DisputeId) -> None:
    sql = "UPDATE dispute SET is_taken = false, taken = 0 WHERE id = $1"
    await db.execute(sql, dispute_id)


async def record_evidence(dispute_id: DisputeId, text: str, by: UserId) -> None:
    sql = """
        UPDATE dispute SET evidence = $2, evidence_by = $3, evidence_at = $4 WHERE id = $1
    """
    await db.execute(sql, dispute_id, text, by, business_now())


async def forget_evidence(dispute_id: DisputeId) -> None:
    """Stripe refused it: another may be given."""
    sql = """
        UPDATE dispute SET evidence = NULL, evidence_by = NULL, evidence_at = NULL WHERE id = $1
    """
    await db.execute(sql, dispute_id)


async def list_due_disputes(before: datetime) -> list[DisputeRow]:
    """Whose last day comes before that time, and nobody was reminded of."""
    sql = f"""
        {_DISPUTE} WHERE closed_at IS NULL AND reminded_at IS NULL AND evidence IS NULL
            AND due_by > $1 AND due_by <= $2
        ORDER BY id LIMIT {MOST_SHOWN}
    """
    return await db.fetch_all(DisputeRow, sql, business_now(), before)


async def mark_reminded(dispute_id: DisputeId) -> bool:
    """Once; False if it was done before."""
    sql = "UPDATE dispute SET reminded_at = $2 WHERE id = $1 AND reminded_at IS NULL"
    return bool(await db.execute(sql, dispute_id, business_now()))
