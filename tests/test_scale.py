"""The pure parts of `make scale`: recipes with values filled in, and the account of what was
acknowledged. The rest runs by hand: docs/scaling.md."""

from pathlib import Path

import httpx
import pytest

from bench.scale.acknowledged import Answer, Losses, Record, compare, count_failures, longest_wait
from bench.scale.checks import Checked
from bench.scale.own_writes import OwnWrites
from bench.scale.places import IPS
from bench.scale.recipes import DEPLOY, fill_in, write_pgbouncer
from bench.scale.report import Window, format_faults, format_own_writes, format_writes
from bench.scale.shares import find_roots
from bench.scale.throughput_report import ROLES, Cell, format_throughput
from bench.scale.world import Writer
from chenu.demo.processes import StartError

RECIPES = sorted(path.name for path in DEPLOY.iterdir() if not path.name.startswith("requirements"))
VALUES = {
    **IPS, "ip": "10.97.0.2", "name": "db1", "folder": "/srv/it", "user": "somebody", "port": 1,
    "password": "secret", "network": "10.97.0.0/24", "bin_dir": "/bin", "shared_buffers": "1GB",
    "primary_host": "10.97.0.9", "primary_port": 5000, "connect_query": "", "pool_size": 4,
    "replica_port": 5101,
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_asks_for_no_other_value(name: str) -> None:
    text = fill_in(name, **VALUES)

    assert "${" not in text
    assert text != ""


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="network"):
        fill_in("patroni.yml", **{key: VALUES[key] for key in VALUES if key != "network"})


def test_sessions_of_the_pooler_have_our_settings(tmp_path: Path) -> None:
    path = write_pgbouncer(
        tmp_path, user="somebody", password="secret",
        primary_host="db", primary_port=5432, ip="127.0.0.1", port=6432, pool_size=2,
    )  # fmt: skip

    assert "SET role = ''chenu_app''" in path.read_text()
    assert "SET lock_timeout = ''10s''" in path.read_text()
    assert (tmp_path / "userlist.txt").read_text() == '"somebody" "secret"\n'


def test_the_longest_wait_is_between_answers_that_were_wanted() -> None:
    answers = [Answer(at, is_done=True) for at in (0.5, 9.0, 1.0, 4.5)]
    answers += [Answer(at, is_done=False) for at in (2.0, 3.0)]

    assert longest_wait(answers, 1.0, 9.5) == 4.5
    assert longest_wait(answers, 0.0, 4.0) == 3.0
    assert longest_wait([], 1.0, 3.0) == 2.0
    assert count_failures(answers, 2.5, 9.0) == 1


def test_what_was_refused_is_not_acknowledged() -> None:
    record = Record()
    record.note(1.0, "one")
    record.note(2.0, "two", is_done=False)
    record.note(3.0, None)

    assert record.acknowledged == {"one"}
    assert [answer.is_done for answer in record.answers] == [True, False, True]


def test_lost_and_doubled_writes_are_found() -> None:
    stored = ["one", "two", "two", "never told", "never told twice", "never told twice"]

    found = compare({"one", "two", "gone"}, stored)

    assert found == Losses(lost=["gone"], doubled=["never told twice", "two"])
    assert compare(set(), []) == Losses([], [])


def test_tables_say_seconds_failures_and_losses() -> None:
    record = Record()
    for at in (0.0, 0.5, 4.0, 4.5):
        record.note(at, str(at))
    record.note(1.0, None, is_done=False)
    records = dict.fromkeys(("browsing", "spends", "purchases", "webhooks"), record)

    faults = format_faults([Window("a kill", 0.0, 4.5)], records).splitlines()[-1]
    writes = format_writes([Checked("spends", 1200, Losses(["one"], []))]).splitlines()[-1]

    assert faults == "| a kill | " + " | ".join(["3.5 s (1)"] * 4) + " |"
    assert writes == "| spends | 1,200 | 1 | 0 |"


def test_throughput_is_beside_that_of_one() -> None:
    cpu = dict.fromkeys(ROLES, 0.5)
    cells = [
        Cell("spends", counted, webs, replicas, 30.0 * webs, cpu, 0.98, 0.7, None)
        for counted, webs, replicas in (
            ("web processes", 1, 1), ("web processes", 4, 1), ("replicas", 4, 3),
        )
    ]  # fmt: skip

    webs, replicas = format_throughput(cells).split("\n\n")

    costs = " | ".join(["0.50"] * len(ROLES))
    assert webs.splitlines()[-1] == f"| spends | 4 | 120 | 4.0 | {costs} | 98% | 70% | none |"
    assert replicas.splitlines()[-1] == f"| spends | 3 | 120 | 1.0 | {costs} | 98% | 70% | none |"
    assert webs.count("\n") == 3


def test_control_groups_are_found_in_both_versions(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu memory\n")
    split = "cgroup /c/cpu cgroup rw,relatime,cpu 0 0\ncgroup /c/acct cgroup rw,cpuacct 0 0\n"
    joined = "cgroup /c/both cgroup rw,relatime,cpu,cpuacct 0 0\n"

    assert find_roots(f"tmpfs / tmpfs rw 0 0\n{split}") == (
        [Path("/c/cpu"), Path("/c/acct")],
        False,
    )
    assert find_roots(joined) == ([Path("/c/both")], False)
    assert find_roots(f"cgroup2 {tmp_path} cgroup2 rw 0 0\n") == ([tmp_path], True)
    with pytest.raises(StartError):
        find_roots("tmpfs / tmpfs rw 0 0\n")


async def test_a_change_that_a_process_does_not_show_is_counted() -> None:
    """Of three: one shows it, one shows the name before, one is away."""

    def answer(request: httpx.Request) -> httpx.Response:
        name = "new" if request.url.host == IPS["web1"] else "old"
        if request.url.host == IPS["web3"]:
            return httpx.Response(503)
        if request.url.path != "/graphql":
            return httpx.Response(200, text=f'<p class="by">{name} ·')
        shown = {"displayName": name}
        edges = {"edges": [{"node": {"creator": shown}}]}
        return httpx.Response(200, json={"data": {"creator": {**shown, "agents": edges}}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        own = OwnWrites(http)
        await own.look(Writer("nord", {}), "new", ("web1", "web2", "web3"))

    assert (own.writes, own.reads, len(own.missed)) == (1, 4, 2)
    assert all(IPS["web2"] in each and each.endswith("old and not new") for each in own.missed)
    assert format_own_writes(own).splitlines()[-1] == "| 1 | 4 | 2 |"
