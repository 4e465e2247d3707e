"""Root fields of the back office."""

import strawberry

from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import FINANCE, STAFF
from chenu_graphql.revenue import AcquisitionCostPayload, resolve_cost_record
from chenu_graphql.staff import Staff, resolve_staff


@strawberry.type
class StaffQueries:
    staff: Staff | None = field(
        "The back office; null for everyone who is not staff (with FORBIDDEN).",
        STAFF,
        resolve_staff,
    )


@strawberry.type
class StaffMutations:
    acquisition_cost_record: AcquisitionCostPayload = field(
        "Records what a channel of a month cost, in place of what was recorded; finance only.",
        FINANCE,
        resolve_cost_record,
        weight=CHANGE,
    )
