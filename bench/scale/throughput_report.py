"""The tables of throughput in docs/scaling.md. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ROLES = ("web", "PgBouncer", "HAProxy", "primary", "replicas", "Valkey", "load")
"""Whose CPU time is shown. `load`: the program that asks."""


@dataclass(frozen=True)
class Cell:
    """`counted`: which of COUNTED differs.

    `cpu`: seconds per 1,000 requests of each role, beyond what it takes when nobody asks.

    `limited`: how much of what the limited processes may take they took. `busy`: of all cores of
    the machine. `from_replicas`: of the statements that may be read from one; None without any.
    """

    kind: str
    counted: str
    webs: int
    replicas: int
    rate: float
    cpu: Mapping[str, float]
    limited: float
    busy: float
    from_replicas: float | None


COUNTED = WEBS_COUNTED, REPLICAS_COUNTED = ("web processes", "replicas")


def format_throughput(cells: Sequence[Cell]) -> str:
    """A table for each of COUNTED; the ratio is to the first of a kind."""
    return "\n\n".join(
        _format([cell for cell in cells if cell.counted == counted], counted) for counted in COUNTED
    )


def _format(cells: Sequence[Cell], counted: str) -> str:
    head = ("load", counted, "requests/s", "ratio", *ROLES, "at its limit", "busy", "from replicas")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for kind in dict.fromkeys(cell.kind for cell in cells):
        mine = [cell for cell in cells if cell.kind == kind]
        lines += [_line(cell, cell.rate / mine[0].rate) for cell in mine]
    return "\n".join(lines)


def _line(cell: Cell, ratio: float) -> str:
    number = cell.webs if cell.counted == WEBS_COUNTED else cell.replicas
    words = [cell.kind, str(number), f"{cell.rate:.0f}", f"{ratio:.1f}"]
    words += [f"{cell.cpu.get(role, 0):.2f}" for role in ROLES]
    shares = (cell.limited, cell.busy, cell.from_replicas)
    words += ["none" if share is None else f"{share:.0%}" for share in shares]
    return f"| {' | '.join(words)} |"


def describe(cell: Cell) -> str:
    return _line(cell, 1.0)
