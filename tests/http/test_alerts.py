"""docs/alerts.yaml: rules that Prometheus takes, over metrics that /metrics has."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml  # type: ignore[import-untyped]

from tests.programs import find_program

RULES = Path(__file__).parents[2] / "docs" / "alerts.yaml"
_SEVERITIES = {"page", "ticket"}
_METRIC = re.compile(r"\bchenu_\w+")
_DURATION = re.compile(r"\d+[smh]")
_PARTS = ("_bucket", "_count", "_sum")
"""Of a histogram."""


def _rules() -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield from group["rules"]


def test_each_rule_has_a_name_of_its_own_and_says_how_urgent_it_is() -> None:
    rules = list(_rules())

    names = [rule["alert"] for rule in rules]
    assert len(names) == len(set(names)) > 10
    for rule in rules:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in _SEVERITIES
        assert rule["annotations"]["summary"]
        assert _DURATION.fullmatch(rule.get("for", "1m"))


async def test_every_metric_is_one_that_the_product_has(client: httpx.AsyncClient) -> None:
    known = _read_names((await client.get("/metrics")).text)

    named = {name for rule in _rules() for name in _METRIC.findall(rule["expr"])}
    without = [rule["alert"] for rule in _rules() if not _METRIC.search(rule["expr"])]

    assert named - known == set()
    assert without == ["ChenuScrapeFails"]  # its metric is Prometheus's own
    assert "chenu_part_works" in named


def _read_names(text: str) -> set[str]:
    types = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)
    plain = {name for name, kind in types if kind != "histogram"}
    return plain | {
        f"{name}{part}" for name, kind in types if kind == "histogram" for part in _PARTS
    }


def test_prometheus_takes_the_rules() -> None:
    command = [find_program("promtool"), "check", "rules", str(RULES)]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guide_names_each_alert() -> None:
    guide = (RULES.parent / "operations.md").read_text()

    assert [rule["alert"] for rule in _rules() if rule["alert"] not in guide] == []
