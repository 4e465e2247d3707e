"""Early fraud warnings: what the support desk has to look at."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.billing.dispute_states import FraudWarningState
from chenu.billing.dispute_tables import FraudWarning
from chenu.billing.disputes import MOST_SHOWN, DisputedKind, DisputedPayment
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.rows import Columns

FraudWarningId = NewType("FraudWarningId", UUID)


class FraudWarningStatus(StrEnum):
    OPEN = "OPEN"
    DONE = "DONE"


class FraudWarningRow(msgspec.Struct, frozen=True):
    """`decision` is what somebody of the desk wrote, once it is DONE."""

    id: FraudWarningId
    account_id: AccountId
    subject: DisputedKind
    payment_id: UUID
    purchase_id: UUID | None
    stripe_id: str
    stripe_charge_id: str
    amount: Cents
    fraud_type: str
    is_actionable: bool
    state: FraudWarningStatus
    decision: str
    decided_by: UserId | None
    created_at: datetime
    decided_at: datetime | None


_WARNINGS = Columns(
    FraudWarningRow,
    FraudWarning,
    account_id="account",
    payment_id="payment",
    purchase_id="purchase",
)
_WARNING = f"SELECT {_WARNINGS.select()} FROM fraud_warning"  # noqa: S608 - own columns


async def insert_fraud_warning(
    payment: DisputedPayment, state: FraudWarningState, amount: Cents
) -> None:
    """Once."""
    row = FraudWarningRow(
        id=FraudWarningId(new_id()),
        account_id=payment.account_id,
        subject=payment.kind,
        payment_id=payment.id,
        purchase_id=payment.purchase_id,
        stripe_id=state.id,
        stripe_charge_id=state.charge_id,
        amount=amount,
        fraud_type=state.fraud_type,
        is_actionable=state.is_actionable,
        state=FraudWarningStatus.OPEN,
        decision="",
        decided_by=None,
        created_at=state.created,
        decided_at=None,
    )
    await _WARNINGS.insert(row, "ON CONFLICT (stripe_id) DO NOTHING")


async def list_open_warnings() -> list[FraudWarningRow]:
    """The oldest first."""
    sql = f"{_WARNING} WHERE state = 'OPEN' ORDER BY id LIMIT {MOST_SHOWN}"
    return await db.fetch_all(FraudWarningRow, sql)


async def find_fraud_warning(warning_id: UUID, *, lock: bool = False) -> FraudWarningRow | None:
    suffix = " FOR NO KEY UPDATE" if lock else ""
    return await db.find_one(FraudWarningRow, f"{_WARNING} WHERE id = $1{suffix}", warning_id)


async def close_fraud_warning(warning_id: FraudWarningId, decision: str, by: UserId) -> bool:
    """False if somebody has decided before."""
    sql = """
        UPDATE fraud_warning SET state = 'DONE', decision = $2, decided_by = $3, decided_at = $4
        WHERE id = $1 AND state = 'OPEN'
    """
    return bool(await db.execute(sql, warning_id, decision, by, business_now()))
