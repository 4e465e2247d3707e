"""What features declare, against the schema."""

import json
import re
from collections import Counter

from msgspec.structs import replace

from chenu.core import db
from chenu.core.distribution import Distributed
from chenu.flows.services import Services
from chenu.scaling.catalogue import read_catalogue
from chenu.scaling.constraints import LostKey, list_lost_keys, list_unused_reasons
from chenu.scaling.plan import FUNCTIONS, PLACEMENT_OF, PLACEMENTS, TRIGGERS
from chenu.scaling.planning import make_plan
from chenu.scaling.report import as_json, as_text
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


async def test_the_plan_is_read_by_people_and_by_programs(services: Services) -> None:
    plan = await make_plan()
    broken = replace(plan, lost_keys=(LostKey("sale", "unique (number)", ""),), missing=("news",))

    text, document = as_text(plan), json.loads(as_json(plan))

    assert re.search(r"^execution +distributed +account +a row for what", text, re.MULTILINE)
    assert re.search(
        r"^purchase +unique \(checkout_session_id\) +Stripe's own id", text, re.MULTILINE
    )
    assert text.splitlines()[-1].endswith(" 0 unexplained")
    assert {each["table"] for each in document["tables"]} == PLACEMENT_OF.keys()
    assert (plan.is_whole, broken.is_whole) == (True, False)
    assert "sale  unique (number)  UNEXPLAINED" in as_text(broken)
    assert as_text(broken).endswith("1 unexplained\nno placement: news")
