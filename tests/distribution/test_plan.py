"""What features declare, against the schema."""

from collections import Counter

from chenu.core import db
from chenu.core.distribution import Distributed
from chenu.flows.services import Services
from chenu.scaling.catalogue import read_catalogue
from chenu.scaling.constraints import list_lost_keys, list_unused_reasons
from chenu.scaling.plan import FUNCTIONS, PLACEMENT_OF, PLACEMENTS, TRIGGERS
from tests.distribution.schema import read_schema


async def test_every_table_has_one_placement_and_says_why(services: Services) -> None:
    catalogue = await read_catalogue()
    counted = Counter(each.table for each in PLACEMENTS)

    assert sorted(counted) == sorted(each.table for each in catalogue.tables)
    assert [table for table, count in counted.items() if count > 1] == []
    assert [each.table for each in PLACEMENTS if not each.why] == []


async def test_rows_are_distributed_by_a_column_that_is_there(services: Services) -> None:
    columns = {each.table: each.columns for each in (await read_catalogue()).tables}
    distributed = [each for each in PLACEMENTS if isinstance(each, Distributed)]

    assert [each.table for each in distributed if each.by not in columns[each.table]] == []


async def test_keys_that_no_node_can_hold_have_a_reason(services: Services) -> None:
    catalogue = await read_catalogue()
    lost = list_lost_keys(catalogue, PLACEMENT_OF)

    assert [each for each in lost if not each.why] == []
    assert list_unused_reasons(catalogue, PLACEMENT_OF) == ()


async def test_functions_and_triggers_that_are_declared_are_there(services: Services) -> None:
    parameters = (await read_schema()).functions
    sql = """
        SELECT tgrelid::regclass::text AS table, tgfoid::regproc::text AS function
        FROM pg_trigger WHERE NOT tgisinternal
    """
    triggers = {(row["table"], row["function"]) for row in await db.fetch_records(sql)}

    unknown = [each.name for each in FUNCTIONS if each.name not in parameters]
    wrong = [each.name for each in FUNCTIONS if each.by and each.by not in parameters[each.name]]
    assert (unknown, wrong) == ([], [])
    assert {(each.table, each.function) for each in TRIGGERS} - triggers == set()
