"""Random values for arguments and variables: most are valid, some are refused."""

import json
import random
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    is_list_type,
    is_non_null_type,
)

MOST_CURSORS = 50


@dataclass
class Pools:
    """Existing values, by the name of the argument that accepts them."""

    by_name: dict[str, list[Any]] = field(default_factory=dict)

    def choose(self, dice: random.Random, name: str) -> Any:
        known = self.by_name.get(name)
        return dice.choice(known) if known and dice.random() < 0.9 else None

    def add_cursors(self, cursors: list[str]) -> None:
        """Cursors of a list that was read, for its next pages; the latest ones."""
        for name in ("after", "before"):
            self.by_name[name] = [*self.by_name.get(name, []), *cursors][-MOST_CURSORS:]


_WORDS = ("facture", "Alpha", "fr", "en", "BUSINESS", "", "é\u0301", 'it\'s "q"', "x\u0000")
_SIZES = (1, 1, 2, 2, 3, 5, 0, -1, 101)
_BY_SCALAR: dict[str, tuple[Any, ...]] = {
    "Int": _SIZES,
    "Float": (0, 1, 2.5, 4.5, -1, 1e3),
    "BigInt": (0, 1, 300, 900, 2**53 - 1, 2**53, -5),
    "Boolean": (True, False),
    "String": _WORDS,
    "ID": ("nothing", "QWdlbnQ6eA==", 7),
    "Date": ("2026-11-22", "2026-01-01", "2026-02-30", "2027-12-31"),
    "DateTime": ("2026-11-22T19:30:00Z", "2026-11-22T19:30:00"),
    "URL": ("https://app.example/x",),
    "JSON": ({"x": [1, None]}, 1),
}
_WRONG: tuple[Any, ...] = (None, "wrong", 3, 2.5, True, [], {})


def make_value(dice: random.Random, pools: Pools, name: str, kind: Any) -> Any:
    if is_non_null_type(kind):
        return make_value(dice, pools, name, kind.of_type)
    if is_list_type(kind):
        return [make_value(dice, pools, name, kind.of_type) for _ in range(dice.randint(0, 3))]
    if isinstance(kind, GraphQLInputObjectType):
        names = dice.sample(list(kind.fields), dice.randint(0, 3))
        return {part: make_value(dice, pools, part, kind.fields[part].type) for part in names}
    if isinstance(kind, GraphQLEnumType):
        return dice.choice(list(kind.values))
    known = pools.choose(dice, name)
    return dice.choice(_BY_SCALAR[kind.name]) if known is None else known


def spoil(dice: random.Random, variables: dict[str, Any]) -> None:
    """Replaces one of them by a value that its type may refuse."""
    if variables:
        variables[dice.choice(list(variables))] = dice.choice(_WRONG)


def write_literal(kind: Any, value: Any) -> str:
    if value is None:
        return "null"
    if is_non_null_type(kind):
        return write_literal(kind.of_type, value)
    if is_list_type(kind):
        return f"[{', '.join(write_literal(kind.of_type, each) for each in value)}]"
    if isinstance(kind, GraphQLInputObjectType):
        parts = (
            f"{name}: {write_literal(kind.fields[name].type, each)}" for name, each in value.items()
        )
        return f"{{{', '.join(parts)}}}"
    return str(value) if isinstance(kind, GraphQLEnumType) else json.dumps(value)
