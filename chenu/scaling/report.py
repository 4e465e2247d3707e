"""The plan as people and programs read it."""

import json
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import asdict

from chenu.core.distribution import Distributed, Function, Placement, Reference, Trigger
from chenu.scaling.constraints import LostKey

_ORDER = ("distributed", "reference", "local")
_HEADERS = ("table", "placement", "by", "why")


class Plan(msgspec.Struct, frozen=True):
    """`missing` are tables that no feature has placed."""

    placements: tuple[Placement, ...]
    functions: tuple[Function, ...]
    triggers: tuple[Trigger, ...]
    lost_keys: tuple[LostKey, ...]
    missing: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.missing and all(each.why for each in self.lost_keys)


def as_text(plan: Plan) -> str:
    """Aligned tables, one after the other, and what is missing last."""
    parts = [
        _align([_HEADERS, *_rows(plan.placements)]),
        "Functions, and the parameter that sends a call to its node:",
        _align([(each.name, each.by or "none", each.why) for each in plan.functions]),
        "Triggers on distributed tables that write on the coordinator:",
        _align([(each.table, each.function, each.why) for each in plan.triggers]),
        "Keys that no node can hold alone, and what stands in their place:",
        _align([(each.table, each.key, each.why or "UNEXPLAINED") for each in plan.lost_keys]),
        _count(plan),
    ]
    return "\n\n".join(parts)


def as_json(plan: Plan) -> str:
    tables = [
        {
            "table": each.table,
            "placement": _kind(each),
            "column": each.by if isinstance(each, Distributed) else None,
            "group": each.group if isinstance(each, Distributed) else None,
            "why": each.why,
        }
        for each in _sorted(plan.placements)
    ]
    document = {
        "tables": tables,
        "functions": [asdict(each) for each in plan.functions],
        "triggers": [asdict(each) for each in plan.triggers],
        "lost_keys": [asdict(each) for each in plan.lost_keys],
        "missing": list(plan.missing),
    }
    return json.dumps(document, indent=2)


def _rows(placements: Iterable[Placement]) -> Iterator[tuple[str, ...]]:
    for each in _sorted(placements):
        by = each.by if isinstance(each, Distributed) else ""
        yield each.table, _kind(each), by, each.why


def _sorted(placements: Iterable[Placement]) -> list[Placement]:
    return sorted(placements, key=lambda each: (_ORDER.index(_kind(each)), each.table))


def _kind(placement: Placement) -> str:
    if isinstance(placement, Distributed):
        return "distributed"
    return "reference" if isinstance(placement, Reference) else "local"


def _align(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def _count(plan: Plan) -> str:
    kinds = [_kind(each) for each in plan.placements]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in _ORDER)
    unexplained = sum(not each.why for each in plan.lost_keys)
    lines = [
        f"{len(kinds)} tables: {counted}; {len(plan.lost_keys)} keys, {unexplained} unexplained"
    ]
    lines += [f"no placement: {table}" for table in plan.missing]
    return "\n".join(lines)
