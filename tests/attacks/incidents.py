"""An incident that goes on, and maintenance that lies ahead."""

from datetime import timedelta

from chenu.accounts.actor import Staff
from chenu.availability.incidents import IncidentInput, open_incident
from chenu.availability.maintenance import MaintenanceInput, announce_maintenance
from chenu.core.clock import system_now
from tests.people import make_person


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
