"""Which keys of the schema cannot be held over several nodes, and why nothing is missed.

A unique key is held by one node only if it contains the distribution column. A foreign key is held
between tables of one group, which then begins with that column too, and to reference tables.
"""

from collections.abc import Iterator, Mapping

import msgspec

from chenu.core.distribution import RANDOM, Distributed, Local, Placement, Reference
from chenu.scaling.catalogue import Catalogue, UniqueKey


class LostKey(msgspec.Struct, frozen=True):
    """`why` is empty where no feature says what stands in its place."""

    table: str
    key: str
    why: str


def list_lost_keys(
    catalogue: Catalogue, placement_of: Mapping[str, Placement]
) -> tuple[LostKey, ...]:
    """In the order of tables. Placements of unknown tables are left out."""
    lost = [*_lost_unique(catalogue, placement_of), *_lost_foreign(catalogue, placement_of)]
    lost += _empty_columns(catalogue, placement_of)
    return tuple(sorted(lost, key=lambda each: (each.table, each.key)))


def list_unused_reasons(
    catalogue: Catalogue, placement_of: Mapping[str, Placement]
) -> tuple[str, ...]:
    """Reasons that a feature gives for keys which the schema has not, or which can be held."""
    lost = {(each.table, each.key) for each in list_lost_keys(catalogue, placement_of)}
    given = {
        (placement.table, key)
        for placement in placement_of.values()
        for key in _reasons_of(placement)
    }
    return tuple(sorted(f"{table}: {key}" for table, key in given - lost))


def _reasons_of(placement: Placement) -> Iterator[str]:
    if isinstance(placement, Reference):
        return
    yield from (_foreign(column) for column in placement.without)
    if isinstance(placement, Distributed):
        yield from (_unique(columns) for columns in placement.keys)
        if placement.nulls:
            yield _EMPTY


def _unique(columns: str) -> str:
    return f"unique ({columns})"


def _foreign(column: str) -> str:
    return f"foreign key ({column})"


_EMPTY = "no value to distribute by"


def _lost_unique(catalogue: Catalogue, placement_of: Mapping[str, Placement]) -> Iterator[LostKey]:
    for key in catalogue.unique_keys:
        placement = placement_of.get(key.table)
        if isinstance(placement, Distributed) and placement.by not in key.columns:
            columns, why = _find_reason(key, placement)
            yield LostKey(key.table, _unique(columns), why)


def _find_reason(key: UniqueKey, placement: Distributed) -> tuple[str, str]:
    """What is unique by some of its columns is unique by all of them."""
    for columns, why in {"id": RANDOM, **placement.keys}.items():
        if set(columns.split(",")) <= set(key.columns):
            return columns, why
    return ",".join(key.columns), ""


def _lost_foreign(catalogue: Catalogue, placement_of: Mapping[str, Placement]) -> Iterator[LostKey]:
    for key in catalogue.foreign_keys:
        placement, target = placement_of.get(key.table), placement_of.get(key.target)
        if placement and target and not _can_hold(placement, target):
            without = {} if isinstance(placement, Reference) else placement.without
            yield LostKey(key.table, _foreign(key.column), without.get(key.column, ""))


def _can_hold(placement: Placement, target: Placement) -> bool:
    match placement, target:
        case _, Reference():
            return True
        case Distributed(), Distributed():
            # an owner is not the account: a column of another meaning does not make the same node
            return placement.group == target.group and _names_alike(placement, target)
        case Distributed(), Local():
            return False
    return isinstance(target, Local)


def _names_alike(placement: Distributed, target: Distributed) -> bool:
    return placement.by.removesuffix("_id") == target.by.removesuffix("_id")


def _empty_columns(
    catalogue: Catalogue, placement_of: Mapping[str, Placement]
) -> Iterator[LostKey]:
    for table in catalogue.tables:
        placement = placement_of.get(table.table)
        if isinstance(placement, Distributed) and placement.by in table.optional:
            yield LostKey(table.table, _EMPTY, placement.nulls)
