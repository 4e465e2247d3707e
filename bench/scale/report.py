"""The tables of docs/scaling.md."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.scale.acknowledged import Record, count_failures, longest_wait
from bench.scale.checks import Checked
from bench.scale.own_writes import OwnWrites

NOTICED_SECONDS = 1.0
"""Shorter waits are not told from those without any fault."""
SHOWN = ("browsing", "spends", "purchases", "webhooks")


@dataclass(frozen=True, slots=True)
class Window:
    """What was broken, and from when to when: until a while after it was mended."""

    name: str
    begin: float
    end: float


def format_faults(windows: Sequence[Window], records: dict[str, Record]) -> str:
    """The longest time without service of each kind, with failed requests behind it."""
    head = f"| what happens | {' | '.join(SHOWN)} |"
    lines = [head, "|---|" + "---|" * len(SHOWN)]
    for window in windows:
        cells = [_cell(records[kind], window) for kind in SHOWN]
        lines.append(f"| {window.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(record: Record, window: Window) -> str:
    waited = longest_wait(record.answers, window.begin, window.end)
    failed = count_failures(record.answers, window.begin, window.end)
    shown = f"{waited:.1f} s" if waited > NOTICED_SECONDS else "0"
    return f"{shown} ({failed})"


def format_own_writes(own: OwnWrites) -> str:
    head = "| own changes | read afterwards | without the change |"
    return f"{head}\n|---|---|---|\n| {own.writes:,} | {own.reads:,} | {len(own.missed):,} |"


def format_writes(checked: Sequence[Checked]) -> str:
    lines = ["| writes | acknowledged | lost | doubled |", "|---|---|---|---|"]
    for each in checked:
        losses = each.losses
        numbers = (each.writes, len(losses.lost), len(losses.doubled))
        lines.append(f"| {each.kind} | " + " | ".join(f"{number:,}" for number in numbers) + " |")
    return "\n".join(lines)
