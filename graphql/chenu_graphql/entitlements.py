"""What an account may, and the use that the CHE·NU apps report."""

from datetime import datetime
from typing import Annotated

import strawberry

from chenu.accounts.gauges import consume, release
from chenu.tiers.catalogue import EntitlementSource, Feature
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import field, input_argument, input_field
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt


@strawberry.type(description="One right of one account: plan value, override and use in one place.")
class Entitlement:
    feature: Feature = field("Which feature.", PARENT)
    has_access: bool = field("Whether the account may use it at all.", PARENT)
    is_unlimited: bool = field("Access without a limit.", PARENT)
    limit: BigInt | None = field("How much; null where it is not counted or not limited.", PARENT)
    used: BigInt | None = field(
        "How much is in use; more than the limit after a downgrade: what exceeds it can only be "
        "read. null where use is not counted.",
        PARENT,
    )
    remaining: BigInt | None = field(
        "Never below 0; null where it is not limited or use is not counted.", PARENT
    )
    resets_at: datetime | None = field("When use starts afresh; null where it does not.", PARENT)
    source: EntitlementSource = field("What the values come from.", PARENT)


@strawberry.input(
    description=(
        "For gauges that the CHE·NU apps report (THREADS, STORAGE_BYTES): never above the limit, "
        "whatever runs in parallel."
    )
)
class EntitlementUseInput:
    feature: Feature = input_field("THREADS or STORAGE_BYTES.")
    quantity: BigInt = input_field("How much more or less is in use, at least 1.")
    idempotency_key: strawberry.ID = input_field(
        "Same key and input: same answer, for 30 days. Same key and other input: "
        "IDEMPOTENCY_CONFLICT."
    )


@strawberry.type(description="A right after its use was reported.")
class EntitlementPayload:
    entitlement: Entitlement | None = field("The right, with what is in use now.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_consume(
    info: Info, data: Annotated[EntitlementUseInput, input_argument()]
) -> Payload:
    actor = info.context.actor
    used = await consume(actor, data.feature, data.quantity, data.idempotency_key)
    return Payload(entitlement=used)


async def resolve_release(
    info: Info, data: Annotated[EntitlementUseInput, input_argument()]
) -> Payload:
    actor = info.context.actor
    used = await release(actor, data.feature, data.quantity, data.idempotency_key)
    return Payload(entitlement=used)
