"""A program buys in the running demo through our published operations.

Its API key is of enterprise@, whose contract has no limit of calls.
"""

from collections.abc import Iterator

import pytest

from tests.demo.programs import Program, buy_agent, make_key, open_program
from tests.demo.running import RunningDemo

pytestmark = pytest.mark.engines

SPLIT = {"gross": 900, "creatorShare": 630, "platformShare": 270}


@pytest.fixture
def program(demo: RunningDemo) -> Iterator[Program]:
    with open_program(demo, make_key(demo, "enterprise")) as program:
        yield program


def test_a_program_with_a_key_buys_and_uses_an_agent(program: Program) -> None:
    agent = program.run("store", "AgentPage", slug="trieur-de-factures")["agent"]

    purchase = buy_agent(program, "trieur-de-factures")

    assert agent["price"]["amount"]["amountMinor"] == 900
    assert purchase["price"]["amount"]["amountMinor"] == 900
    own = program.run("buying", "Purchases")["viewer"]["account"]["purchases"]["edges"][0]["node"]
    assert {name: own["breakdown"][name]["amountMinor"] for name in SPLIT} == SPLIT
    library = program.run("library", "Library")["viewer"]["account"]["library"]
    assert agent["id"] in [edge["node"]["agent"]["id"] for edge in library["edges"]]
    opened = program.run("library", "OpenManifest", agentId=agent["id"])
    assert opened["agent"]["version"]["manifest"]["systemPrompt"]
