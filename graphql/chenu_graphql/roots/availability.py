"""Root fields of the service's state and of the SLA."""

import strawberry

from chenu_graphql.availability import (
    REPORT_WEIGHT,
    STATUS_WEIGHT,
    ServiceStatus,
    SlaMonth,
    resolve_report,
    resolve_status,
)
from chenu_graphql.fields import field
from chenu_graphql.permissions import ANYONE, READER


@strawberry.type
class AvailabilityQueries:
    service_status: ServiceStatus | None = field(
        "Whether the service is available, now and by day.",
        ANYONE,
        resolve_status,
        weight=STATUS_WEIGHT,
    )
    sla_report: list[SlaMonth] | None = field(
        "What each month of the account's contracts reached, the newest first; null where nobody "
        "is signed in. PLAN_REQUIRED without the feature SLA.",
        READER,
        resolve_report,
        weight=REPORT_WEIGHT,
    )
