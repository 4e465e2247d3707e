"""The plan for the database as it is."""

from chenu.scaling.catalogue import read_catalogue
from chenu.scaling.constraints import list_lost_keys
from chenu.scaling.plan import FUNCTIONS, PLACEMENT_OF, PLACEMENTS, TRIGGERS
from chenu.scaling.report import Plan


async def make_plan() -> Plan:
    catalogue = await read_catalogue()
    missing = sorted({each.table for each in catalogue.tables} - PLACEMENT_OF.keys())
    lost = list_lost_keys(catalogue, PLACEMENT_OF)
    return Plan(PLACEMENTS, FUNCTIONS, TRIGGERS, lost, tuple(missing))
