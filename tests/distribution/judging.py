"""Whether a statement stays on one node."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from chenu.core.distribution import Distributed, Function, Local, Placement
from tests.distribution.reading import Reading
from tests.distribution.terms import Column, Element, Given, Mention, Schema


class Reach(Enum):
    """`SEVERAL`: the nodes of the accounts that an array names; `CROSS`: every node."""

    NOTHING = "no table"
    LOCAL = "coordinator"
    REFERENCE = "any node"
    SINGLE = "one node"
    SEVERAL = "nodes of the values that it names"
    CROSS = "every node"


@dataclass(frozen=True)
class Verdict:
    """`shape` names the statement in the list of exceptions; `called` are its functions."""

    reach: Reach
    shape: str
    called: frozenset[str]


@dataclass(frozen=True)
class Judge:
    schema: Schema
    placements: Mapping[str, Placement]
    functions: Mapping[str, Function]

    def judge(self, sql: str) -> Verdict:
        by = {name: function.by for name, function in self.functions.items()}
        reading = Reading(sql, self.schema, by)
        keys = {each: self._key(each) for each in reading.mentions}
        distributed = [(mention, *key) for mention, key in keys.items() if key]
        local = sorted({each.name for each in reading.mentions if self._is_local(each)})
        shape = _describe(reading, [mention for mention, _, _ in distributed], local)
        if not distributed:
            reach = Reach.LOCAL if local else Reach.REFERENCE if keys else Reach.NOTHING
        elif local or len({group for _, group, _ in distributed}) > 1:
            reach = Reach.CROSS
        else:
            reach = _reach(reading, [(each, by) for each, _, by in distributed])
        return Verdict(reach, shape, frozenset(reading.called))

    def _key(self, mention: Mention) -> tuple[str, str] | None:
        """Group and distribution column; '' for a function that is given none."""
        if mention.is_function:
            function = self.functions[mention.name]
            return function.group, function.by or ""
        placement = self.placements[mention.name]
        return (placement.group, placement.by) if isinstance(placement, Distributed) else None

    def _is_local(self, mention: Mention) -> bool:
        return not mention.is_function and isinstance(self.placements[mention.name], Local)


def _reach(reading: Reading, keys: list[tuple[Mention, str]]) -> Reach:
    given = [reading.given(mention, by) for mention, by in keys]
    if not all(given) or not _are_joined(reading, keys):
        return Reach.CROSS
    single = any(isinstance(each, Given) for each in given[0])
    assert single or all(isinstance(each, Element) for each in given[0])
    return Reach.SINGLE if single else Reach.SEVERAL


def _are_joined(reading: Reading, keys: list[tuple[Mention, str]]) -> bool:
    """Whether all are equal to the same, each where it stands."""
    [(mention, by), *others] = keys
    first = Column(mention.number, by)
    return all(
        reading.class_of(first, mention.place)
        & reading.class_of(Column(each.number, by), each.place)
        for each, by in others
    )


def _describe(reading: Reading, mentions: list[Mention], local: list[str]) -> str:
    parts: list[str] = []
    for each in mentions:
        columns = "" if each.is_function else ", ".join(reading.columns_given(each))
        part = f"{each.name}({columns})" if columns or each.is_function else each.name
        if part not in parts:
            parts.append(part)
    return f"{reading.verb} {' + '.join([*sorted(parts), *local])}"
