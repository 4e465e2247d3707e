"""Calls about disputes and early fraud warnings."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from chenu.billing.dispute_states import (
    DisputeMovement,
    DisputeState,
    DisputeStatus,
    EvidenceRequest,
    FraudWarningState,
)
from chenu.billing.gateway import OperationIdentity, StripeRefusal
from chenu.billing.stripe_gateway import OPERATION, StripeCaller, metadata_of
from chenu.billing.stripe_objects import require_ours
from chenu.core.money import Cents


class StripeDisputes(StripeCaller):
    """Implements ports.DisputePort."""

    async def get_dispute(self, dispute_id: str) -> DisputeState:
        found = await self.ask(lambda: self.client.v1.disputes.retrieve_async(dispute_id))
        return read_dispute(found.to_dict())

    async def submit_evidence(
        self, request: EvidenceRequest, by: OperationIdentity
    ) -> DisputeState:
        made = await self.ask(
            lambda: self.client.v1.disputes.update_async(
                request.dispute_id,
                {
                    "evidence": {"uncategorized_text": request.text},
                    "submit": True,
                    "metadata": metadata_of(by),
                },
                {"idempotency_key": by.idempotency_key},
            )
        )
        return read_dispute(made.to_dict())

    async def get_fraud_warning(self, warning_id: str) -> FraudWarningState:
        found = await self.ask(
            lambda: self.client.v1.radar.early_fraud_warnings.retrieve_async(warning_id)
        )
        return _read_warning(found.to_dict())


class _Movement(msgspec.Struct):
    id: str
    amount: int
    fee: int
    currency: str


class _Details(msgspec.Struct):
    submission_count: int
    due_by: int | None = None


class _Dispute(msgspec.Struct):
    id: str
    amount: int
    currency: str
    charge: str
    created: int
    reason: str
    status: str
    is_charge_refundable: bool
    balance_transactions: list[_Movement]
    evidence_details: _Details
    metadata: dict[str, str]
    payment_intent: str | None = None


def read_dispute(payload: dict[str, Any]) -> DisputeState:
    """Raises CurrencyRefused, StripeRefusal for one that is of no card payment."""
    found = msgspec.convert(payload, _Dispute)
    require_ours(found.id, found.currency)
    for line in found.balance_transactions:
        require_ours(line.id, line.currency)
    if found.payment_intent is None:
        code, message = "dispute_without_payment", f"{found.id} is of no card payment"
        raise StripeRefusal(code, message, "payment_intent")
    due_by = found.evidence_details.due_by
    return DisputeState(
        id=found.id,
        charge_id=found.charge,
        payment_intent_id=found.payment_intent,
        amount=Cents(found.amount),
        reason=found.reason,
        status=DisputeStatus(found.status.upper()),
        is_refundable=found.is_charge_refundable,
        due_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
        has_evidence=found.evidence_details.submission_count > 0,
        operation_id=found.metadata.get(OPERATION),
        movements=tuple(
            DisputeMovement(line.id, Cents(line.amount), Cents(line.fee))
            for line in found.balance_transactions
        ),
        created=datetime.fromtimestamp(found.created, UTC),
    )


class _Warning(msgspec.Struct):
    id: str
    charge: str
    created: int
    fraud_type: str
    actionable: bool
    payment_intent: str | None = None


def _read_warning(payload: dict[str, Any]) -> FraudWarningState:
    found = msgspec.convert(payload, _Warning)
    return FraudWarningState(
        id=found.id,
        charge_id=found.charge,
        payment_intent_id=found.payment_intent,
        fraud_type=found.fraud_type,
        is_actionable=found.actionable,
        created=datetime.fromtimestamp(found.created, UTC),
    )
