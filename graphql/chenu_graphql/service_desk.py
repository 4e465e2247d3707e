"""What staff write about the service, and the credits that finance confirms."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from chenu.accounts.actor import AccountId
from chenu.availability.incidents import (
    IncidentId,
    IncidentInput,
    get_incident,
    list_updates,
    open_incident,
    update_incident,
)
from chenu.availability.maintenance import (
    MaintenanceId,
    MaintenanceInput,
    announce_maintenance,
    end_maintenance,
    get_maintenance,
)
from chenu.billing.contracts import ContractId
from chenu.core.errors import NotFound
from chenu.core.months import read_month
from chenu.flows.sla.credits import Decide, confirm_credit, refuse_credit, take_refusal_back
from chenu.flows.sla.report import ContractMonth, list_contract_months
from chenu_graphql.availability import (
    CONTRACT,
    INCIDENT,
    MAINTENANCE,
    Incident,
    IncidentSource,
    Maintenance,
    SlaMonth,
)
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field, input_argument, input_field
from chenu_graphql.ids import get_row_id
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT

_REASON = "Why, for the audit trail."
_TITLE = "1 to 120 characters."
_TEXT = "1 to 2,000 characters."


@strawberry.input(description="An outage that staff write about.")
class IncidentOpenInput:
    title_fr: str = input_field(_TITLE)
    title_en: str = input_field(_TITLE)
    text_fr: str = input_field(_TEXT)
    text_en: str = input_field(_TEXT)
    began_at: datetime = input_field("Not in the future.")
    reason: str = input_field(_REASON)


@strawberry.input(description="What is known of an incident by now.")
class IncidentUpdateInput:
    incident_id: strawberry.ID = input_field("Which incident.")
    text_fr: str = input_field(_TEXT)
    text_en: str = input_field(_TEXT)
    resolves: bool = input_field("Whether it is over, for good.", default=False)
    reason: str = input_field(_REASON)


@strawberry.input(description="Work that is to come: its time will not count.")
class MaintenanceAnnounceInput:
    title_fr: str = input_field(_TITLE)
    title_en: str = input_field(_TITLE)
    starts_at: datetime = input_field("In the future, in whole minutes: seconds are cut off.")
    ends_at: datetime = input_field("Two days later at most.")
    reason: str = input_field(_REASON)


@strawberry.input(description="Work that is not needed, or done sooner.")
class MaintenanceEndInput:
    maintenance_id: strawberry.ID = input_field("Which maintenance.")
    reason: str = input_field(_REASON)


_CONTRACT_ID = "contractId of staff.slaReport."
_FINAL = "Any day of the month, which has to be final."


@strawberry.input(description="The month of a contract whose credit is confirmed.")
class SlaCreditConfirmInput:
    contract_id: strawberry.ID = input_field(_CONTRACT_ID)
    month: date = input_field(_FINAL)
    reason: str = input_field(_REASON)


@strawberry.input(description="The month of a contract whose credit is refused.")
class SlaCreditRefuseInput:
    contract_id: strawberry.ID = input_field(_CONTRACT_ID)
    month: date = input_field(_FINAL)
    reason: str = input_field("Why; the account reads it.")


@strawberry.input(description="The month of a contract whose refused credit is open again.")
class SlaRefusalTakeBackInput:
    contract_id: strawberry.ID = input_field(_CONTRACT_ID)
    month: date = input_field(_FINAL)
    reason: str = input_field(_REASON)


@strawberry.type(description="An incident that was opened, written about or resolved.")
class IncidentPayload:
    incident: Incident | None = field("The incident.", PARENT)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Maintenance that was announced, canceled or ended.")
class MaintenancePayload:
    maintenance: Maintenance | None = field("As it is now.", PARENT)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A credit that was decided about.")
class SlaCreditPayload:
    sla_month: SlaMonth | None = field("The month with its credit.", PARENT)
    user_errors: list[UserError] = user_errors()


async def _show_incident(incident_id: IncidentId) -> Payload:
    row = await get_incident(incident_id)
    return Payload(incident=IncidentSource(row, await list_updates([incident_id])))


async def resolve_open(info: Info, data: Annotated[IncidentOpenInput, input_argument()]) -> Payload:
    entered = IncidentInput(data.title_fr, data.title_en, data.text_fr, data.text_en, data.began_at)
    return await _show_incident(await open_incident(info.context.actor, entered, data.reason))


async def resolve_update(
    info: Info, data: Annotated[IncidentUpdateInput, input_argument()]
) -> Payload:
    unknown = NotFound("There is no such incident", path=("incident_id",))
    incident_id = IncidentId(get_row_id(INCIDENT, data.incident_id, unknown))
    await update_incident(
        info.context.actor,
        incident_id,
        data.text_fr,
        data.text_en,
        data.reason,
        resolves=data.resolves,
    )
    return await _show_incident(incident_id)


async def resolve_announce(
    info: Info, data: Annotated[MaintenanceAnnounceInput, input_argument()]
) -> Payload:
    entered = MaintenanceInput(data.title_fr, data.title_en, data.starts_at, data.ends_at)
    made = await announce_maintenance(info.context.actor, entered, data.reason)
    return Payload(maintenance=await get_maintenance(made))


async def resolve_end(
    info: Info, data: Annotated[MaintenanceEndInput, input_argument()]
) -> Payload:
    unknown = NotFound("There is no such maintenance", path=("maintenance_id",))
    row_id = MaintenanceId(get_row_id(MAINTENANCE, data.maintenance_id, unknown))
    await end_maintenance(info.context.actor, row_id, data.reason)
    return Payload(maintenance=await get_maintenance(row_id))


async def resolve_confirm(
    info: Info, data: Annotated[SlaCreditConfirmInput, input_argument()]
) -> Payload:
    return await _decide(info, confirm_credit, data)


async def resolve_refuse(
    info: Info, data: Annotated[SlaCreditRefuseInput, input_argument()]
) -> Payload:
    return await _decide(info, refuse_credit, data)


async def resolve_take_back(
    info: Info, data: Annotated[SlaRefusalTakeBackInput, input_argument()]
) -> Payload:
    return await _decide(info, take_refusal_back, data)


async def _decide(
    info: Info,
    decide: Decide,
    data: SlaCreditConfirmInput | SlaCreditRefuseInput | SlaRefusalTakeBackInput,
) -> Payload:
    unknown = NotFound("There is no such contract", path=("contract_id",))
    contract_id = ContractId(get_row_id(CONTRACT, data.contract_id, unknown))
    month = read_month(data.month.isoformat()[:7])
    return Payload(sla_month=await decide(info.context.actor, contract_id, month, data.reason))


async def resolve_staff_report(
    info: Info, account: Annotated[strawberry.ID, argument("Whose contracts.", name="accountId")]
) -> list[ContractMonth]:
    unknown = NotFound("There is no such account", path=("accountId",))
    account_id = AccountId(get_row_id("Account", account, unknown))
    info.context.reading.record_staff_read("sla", account_id)
    return await list_contract_months(account_id)
