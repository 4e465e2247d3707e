"""Whether the service is available, for everybody; what a contract's months reached, for those who
have an SLA.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
import strawberry

from chenu.availability.figures import Figure
from chenu.availability.incidents import IncidentRow, UpdateRow
from chenu.availability.maintenance import MaintenanceRow
from chenu.availability.status import DAYS, DayFigure, ServiceState, Status
from chenu.core.errors import Unavailable
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.flows.sla.report import MONTHS, ContractMonth, get_sla_report
from chenu_graphql.context import Info
from chenu_graphql.fields import Weight, field
from chenu_graphql.ids import public_id
from chenu_graphql.money import Money
from chenu_graphql.permissions import PARENT

STATUS_WEIGHT = Weight(points=5)
REPORT_WEIGHT = Weight(points=10, size=MONTHS)
_USUAL = 10
INCIDENT, MAINTENANCE, CONTRACT = "Incident", "Maintenance", "Contract"


_Figure = strawberry.Parent[Figure]


def _counted(root: _Figure) -> int:
    return root.counted


def _available(root: _Figure) -> int:
    return root.available


def _excluded(root: _Figure) -> int:
    return root.excluded


@strawberry.type(description="Whole seconds of a time, and what they come to.")
class Availability:
    thousandths: int | None = field(
        "Of a percent, rounded down: 99900 is 99.900 %. null where no time counts.", PARENT
    )
    counted_seconds: int = field("Without announced maintenance.", PARENT, _counted)
    available_seconds: int = field(
        "At least one web process was ready, database and queue answered.", PARENT, _available
    )
    excluded_seconds: int = field("Announced maintenance.", PARENT, _excluded)


def _figure(root: strawberry.Parent[DayFigure]) -> Figure:
    return root.figure


@strawberry.type(description="One day of the service.")
class AvailabilityDay:
    day: date = field("UTC.", PARENT, name="date")
    availability: Availability = field("What it reached.", PARENT, _figure)


def _text(root: strawberry.Parent[UpdateRow], info: Info) -> str:
    return root.text(info.context.locale)


@strawberry.type(description="What was known of an incident at a moment.")
class IncidentUpdate:
    text: str = field("In the caller's language.", PARENT, _text)
    written_at: datetime = field("When it was written.", PARENT)


class IncidentSource(msgspec.Struct, frozen=True):
    """An incident with what was written about it, the newest first."""

    row: IncidentRow
    updates: Sequence[UpdateRow]


_Incident = strawberry.Parent[IncidentSource]


def _incident_id(root: _Incident) -> strawberry.ID:
    return public_id(INCIDENT, root.row.id)


def _title(root: _Incident, info: Info) -> str:
    return root.row.title(info.context.locale)


def _began_at(root: _Incident) -> datetime:
    return root.row.began_at


def _resolved_at(root: _Incident) -> datetime | None:
    return root.row.resolved_at


@strawberry.type(description="An outage that staff wrote about.")
class Incident:
    id: strawberry.ID = field("By which staff go on writing about it.", PARENT, _incident_id)
    title: str = field("In the caller's language.", PARENT, _title)
    began_at: datetime = field("As far as it is known.", PARENT, _began_at)
    resolved_at: datetime | None = field("null while it goes on.", PARENT, _resolved_at)
    updates: list[IncidentUpdate] = field("The newest first.", PARENT, weight=Weight(size=_USUAL))


def _maintenance_id(root: strawberry.Parent[MaintenanceRow]) -> strawberry.ID:
    return public_id(MAINTENANCE, root.id)


def _maintenance_title(root: strawberry.Parent[MaintenanceRow], info: Info) -> str:
    return root.title(info.context.locale)


@strawberry.type(description="Work that was announced before it began, and does not count.")
class Maintenance:
    id: strawberry.ID = field("By which staff cancel or end it.", PARENT, _maintenance_id)
    title: str = field("In the caller's language.", PARENT, _maintenance_title)
    starts_at: datetime = field("Its first minute.", PARENT)
    ends_at: datetime = field("The minute after its last.", PARENT)
    announced_at: datetime = field("Before it began.", PARENT)
    canceled_at: datetime | None = field(
        "null: it takes place. What was canceled is in no list.", PARENT
    )


_Status = strawberry.Parent[Status]


def _since(root: _Status) -> datetime | None:
    return root.since


def _list_incidents(root: _Status) -> list[IncidentSource]:
    return [IncidentSource(row, root.updates[row.id]) for row in root.incidents]


@strawberry.type(description="Whether the service is available: the page /status.")
class ServiceStatus:
    state: ServiceState = field("What the last sample says.", PARENT)
    read_at: datetime = field("When it was read.", PARENT)
    measured_since: datetime | None = field(
        "The very first sample; null before it.", PARENT, _since
    )
    month: Availability = field("This month (UTC) so far.", PARENT)
    days: list[AvailabilityDay] = field(
        "The last 90, the oldest first.", PARENT, weight=Weight(size=DAYS)
    )
    incidents: list[Incident] = field(
        "Of these days, and those that go on; the newest first.",
        PARENT,
        _list_incidents,
        weight=Weight(size=_USUAL),
    )
    maintenance: list[Maintenance] = field(
        "Of these days and to come, in order of time.", PARENT, weight=Weight(size=_USUAL)
    )


async def resolve_status(info: Info) -> Status:
    known = await info.context.services.status.get()
    if known.status is None or not known.is_current:
        raise Unavailable(mark("The database does not answer: /status.json says what was known"))
    return known.status


_Month = strawberry.Parent[ContractMonth]


def _first_day(root: _Month) -> date:
    return root.month.first_day


def _from(root: _Month) -> date:
    return root.days.first


def _to(root: _Month) -> date:
    return root.days.last


def _contract_id(root: _Month) -> strawberry.ID | None:
    return public_id(CONTRACT, root.contract.id) if root.contract else None


def _reference(root: _Month) -> str | None:
    return root.contract.reference if root.contract else None


def _reached(root: _Month) -> Figure:
    return root.figure


def _percent(root: _Month) -> int:
    return root.confirmed.percent if root.confirmed else root.percent


def _fee(root: _Month) -> Cents:
    return root.confirmed.fee if root.confirmed else root.fee


def _credit(root: _Month) -> Cents:
    return root.confirmed.amount if root.confirmed else root.amount


def _confirmed_at(root: _Month) -> datetime | None:
    return root.confirmed.confirmed_at if root.confirmed else None


def _refused_at(root: _Month) -> datetime | None:
    return root.refused.decided_at if root.refused else None


def _refusal_reason(root: _Month) -> str | None:
    return root.refused.reason if root.refused else None


@strawberry.type(description="A month of a contract, or of the account without one.")
class SlaMonth:
    month: date = field("Its first day, UTC.", PARENT, _first_day)
    first: date = field("The first day on which the contract ran.", PARENT, _from, name="from")
    last: date = field("The last one.", PARENT, _to, name="to")
    contract_id: strawberry.ID | None = field(
        "By which staff confirm its credits; null without one.", PARENT, _contract_id
    )
    contract_reference: str | None = field(
        "The contract's number; null without one.", PARENT, _reference
    )
    availability: Availability = field("Of these days.", PARENT, _reached)
    is_final: bool = field("A day after the month's end nothing changes it.", PARENT)
    credit_percent: int = field(
        "10 below 99.9 %, 25 below 99.0 %, 50 below 95.0 %, else 0.", PARENT, _percent
    )
    fee: Money = field("What the contract costs for these days, without VAT.", PARENT, _fee)
    credit: Money = field("That share of it.", PARENT, _credit)
    confirmed_at: datetime | None = field(
        "When we confirmed the credit; null before.", PARENT, _confirmed_at
    )
    refused_at: datetime | None = field(
        "When we refused the credit; null where that was taken back, or the credit is confirmed.",
        PARENT,
        _refused_at,
    )
    refusal_reason: str | None = field("Why; null where there is none.", PARENT, _refusal_reason)


async def resolve_report(info: Info) -> list[ContractMonth] | None:
    if info.context.actor.account_id is None:
        return None
    return await get_sla_report(info.context.actor)
