"""An incident that goes on, maintenance that lies ahead, and contracts that can be credited."""

from datetime import UTC, datetime, timedelta

from chenu.accounts.actor import ApiScope, Staff
from chenu.availability.incidents import IncidentInput, open_incident
from chenu.availability.maintenance import MaintenanceInput, announce_maintenance
from chenu.availability.samples import write_samples
from chenu.billing.contracts import ContractId, insert_contract, record_end
from chenu.core.clock import system_now
from chenu.core.months import Month
from chenu.flows.sla.credits import refuse_credit
from tests.availability.contracts import contract_of
from tests.availability.measured import SLOT, sampled
from tests.people import Person, make_person


async def tell_of_outages() -> dict[str, object]:
    now, colleague = system_now(), await make_person("telling", staff=(Staff.ADMIN,))
    incident = IncidentInput("Panne", "Outage", "On cherche.", "We look.", now)
    ahead = MaintenanceInput(
        "Travaux", "Works", now + timedelta(days=1), now + timedelta(days=1, hours=1)
    )
    return {
        "incident": await open_incident(colleague.actor, incident, "It is seen."),
        "maintenance": await announce_maintenance(colleague.actor, ahead, "A new disk."),
    }


async def end_contracts_of_january(customer: Person) -> dict[str, object]:
    """Two whose credit waits for a decision, and one whose credit is refused."""
    colleague = await make_person("crediting", staff=(Staff.FINANCE,))
    refused = await end_contract_of_january(customer, colleague)
    await refuse_credit(colleague.actor, refused, Month(2026, 1), "Their own proxy was down.")
    return {
        "ended contract": await end_contract_of_january(customer, colleague),
        "waiting contract": await end_contract_of_january(customer, colleague),
        "refused contract": refused,
    }


async def end_contract_of_january(customer: Person, colleague: Person) -> ContractId:
    """Of the first two days of 2026, of which one slot was available."""
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    ends = begins + timedelta(days=2)
    account_id = customer.actor.require_account(ApiScope.READ)
    row = contract_of(begins, ends, account_id, entered_by=colleague)
    await insert_contract(row)
    await record_end(row.id, None)
    await write_samples([sampled(begins), sampled(begins + SLOT, works=False)])
    return row.id
