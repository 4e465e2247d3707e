"""Each statement of a busy day stays on one node, or is listed with the reason why it does not."""

import tomllib
from collections import Counter
from pathlib import Path

from chenu.flows.services import Services
from chenu.scaling.plan import FUNCTIONS, PLACEMENT_OF
from tests.distribution.busy_day import build_town, live_through
from tests.distribution.judging import Judge, Reach
from tests.distribution.schema import list_touching_functions, read_schema
from tests.metered import meter_calls, open_metered

EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
_STAY = {Reach.NOTHING, Reach.LOCAL, Reach.REFERENCE, Reach.SINGLE}


def _listed(key: str) -> list[str]:
    groups = tomllib.loads(EXCEPTIONS.read_text())["exception"]
    assert all(group["reason"] for group in groups)
    return [statement for group in groups for statement in group.get(key, ())]


async def test_statements_of_a_busy_day_stay_on_one_node_or_are_listed(services: Services) -> None:
    metered = await meter_calls(services, rate=10_000)
    async with open_metered(metered) as http:
        day = await live_through(await build_town(metered, http))
    functions = {each.name: each for each in FUNCTIONS}
    judge = Judge(await read_schema(), PLACEMENT_OF, functions)

    crossing: dict[str, set[str]] = {}
    counted = Counter[Reach]()
    called = set[str]()
    for moment, statements in day.items():
        for statement in statements:
            verdict = judge.judge(statement)
            counted[verdict.reach] += 1
            called |= verdict.called
            if verdict.reach not in _STAY:
                crossing.setdefault(verdict.shape, set()).add(moment)
    listed, some_days = _listed("statements"), _listed("some_days")

    assert counted[Reach.SINGLE] > 100, counted
    known = {*listed, *some_days}
    assert {shape: moments for shape, moments in crossing.items() if shape not in known} == {}
    assert [shape for shape in listed if shape not in crossing] == []
    assert len(known) == len(listed) + len(some_days)
    assert (called & await list_touching_functions()) - functions.keys() == set()
