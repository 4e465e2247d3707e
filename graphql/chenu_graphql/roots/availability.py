"""Root fields of the service's state and of the SLA, and what staff write about them."""

import strawberry

from chenu_graphql.availability import (
    REPORT_WEIGHT,
    STATUS_WEIGHT,
    ServiceStatus,
    SlaMonth,
    resolve_report,
    resolve_status,
)
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import ANYONE, FINANCE, READER, SUPPORT
from chenu_graphql.service_desk import (
    IncidentPayload,
    MaintenancePayload,
    SlaCreditPayload,
    resolve_announce,
    resolve_confirm,
    resolve_end,
    resolve_open,
    resolve_refuse,
    resolve_take_back,
    resolve_update,
)


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


@strawberry.type
class AvailabilityMutations:
    incident_open: IncidentPayload = field(
        "Tells everybody of an outage, with what is known of it; the support desk only.",
        SUPPORT,
        resolve_open,
        weight=CHANGE,
    )
    incident_update: IncidentPayload = field(
        "Writes what is known of an incident by now, or that it is over; the support desk only. "
        "INVALID_STATE once it is resolved.",
        SUPPORT,
        resolve_update,
        weight=CHANGE,
    )
    maintenance_announce: MaintenancePayload = field(
        "Announces work before it begins, so that its time does not count; finance only.",
        FINANCE,
        resolve_announce,
        weight=CHANGE,
    )
    maintenance_end: MaintenancePayload = field(
        "Cancels what has not begun; ends with this minute what has; finance only.",
        FINANCE,
        resolve_end,
        weight=CHANGE,
    )
    sla_credit_confirm: SlaCreditPayload = field(
        "Confirms the credit of a contract's month as it was measured, once and for good; finance "
        "only, with a fresh sign-in.",
        FINANCE,
        resolve_confirm,
        weight=CHANGE,
        sensitive=True,
    )
    sla_credit_refuse: SlaCreditPayload = field(
        "Refuses the credit of a contract's month; the account reads the reason. It may be taken "
        "back, or confirmed later; finance only, with a fresh sign-in.",
        FINANCE,
        resolve_refuse,
        weight=CHANGE,
        sensitive=True,
    )
    sla_refusal_take_back: SlaCreditPayload = field(
        "Takes a refusal back: the month's credit waits for a decision again; finance only, with a "
        "fresh sign-in.",
        FINANCE,
        resolve_take_back,
        weight=CHANGE,
        sensitive=True,
    )
