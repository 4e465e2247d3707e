"""Answering a buyer's bank, as the creator of what is disputed."""

from typing import Annotated

import strawberry

from chenu.agents.model import PurchaseId
from chenu.core.errors import NotFound
from chenu.core.global_id import find_uuid
from chenu.flows.disputes.evidence import EvidenceInput, submit_evidence
from chenu_graphql.context import Info
from chenu_graphql.fields import input_argument, input_field
from chenu_graphql.ids import get_row_id
from chenu_graphql.payloads import Payload
from chenu_graphql.sales import SaleSource


@strawberry.input(description="What speaks for the creator of a disputed sale.")
class DisputeEvidenceInput:
    purchase_id: strawberry.ID = input_field("Which purchase; its creator names the sale instead.")
    text: str = input_field("At most 20,000 characters; the bank reads it once.")
    idempotency_key: strawberry.ID = input_field(
        "Same key and input: same answer. Same key and other input: IDEMPOTENCY_CONFLICT."
    )


async def resolve_dispute_evidence(
    info: Info, data: Annotated[DisputeEvidenceInput, input_argument()]
) -> Payload:
    """Sent to the bank at once; the sale's state follows its decision."""
    ctx = info.context
    unknown = NotFound("There is no such purchase", path=("purchase_id",))
    sale_id = find_uuid("Sale", data.purchase_id)
    purchase_id = PurchaseId(sale_id or get_row_id("Purchase", data.purchase_id, unknown))
    request = EvidenceInput(purchase_id, data.text)
    purchase = await submit_evidence(ctx.services, ctx.actor, request, data.idempotency_key)
    if ctx.actor.is_staff:
        ctx.reading.record_staff_read("sale", purchase.id)
    return Payload(sale=SaleSource(purchase))
