"""A schema whose fields fail on demand, in the same way for both engines."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from enum import Enum, auto
from typing import Any
from zlib import crc32

from graphql import GraphQLSchema

from chenu.core.errors import Forbidden, NotFound
from chenu_graphql.enforcement import enforce, own_fields
from chenu_graphql.schema import get_strawberry_schema


class Fault(Enum):
    RAISES = auto()
    IS_FORBIDDEN = auto()
    IS_NOT_FOUND = auto()
    FAILS_LATER = auto()
    IS_NULL = auto()
    IS_NULL_LATER = auto()
    IS_LATE = auto()
    IS_WRONG = auto()
    IS_AN_ERROR = auto()
    IS_A_LIST = auto()
    IS_ITERABLE = auto()


Faults = dict[str, Fault]
"""By coordinate, Type.field."""


class BreakingSchema:
    """`break_fields` chooses what fails; fields of interfaces have no resolvers. Of objects with an
    id, every other one is affected.

    Only those fields have another resolver than the application's: what is compiled depends on it.
    """

    def __init__(self) -> None:
        self.faults: Faults = {}
        self.schema = _build_schema()
        self._fields = {
            f"{kind.name}.{name}": definition
            for kind, name, definition in own_fields(self.schema)
            if kind is not self.schema.subscription_type
        }
        self._own = {name: definition.resolve for name, definition in self._fields.items()}

    def break_fields(self, faults: Faults) -> None:
        for coordinate in self.faults:
            self._fields[coordinate].resolve = self._own[coordinate]
        self.faults = {name: fault for name, fault in faults.items() if name in self._fields}
        for coordinate, fault in self.faults.items():
            self._fields[coordinate].resolve = self._break(coordinate, fault)

    def _break(self, coordinate: str, fault: Fault) -> Any:
        resolve: Any = self._own[coordinate]

        def resolve_or_fail(source: Any, info: Any, **arguments: Any) -> Any:
            if _is_spared(source, coordinate):
                return resolve(source, info, **arguments)
            return _FAILURES[fault](lambda: resolve(source, info, **arguments))

        return resolve_or_fail


def _build_schema() -> GraphQLSchema:
    """Separate from the application's schema, which other tests use."""
    return enforce(get_strawberry_schema.__wrapped__())


def _is_spared(source: Any, coordinate: str) -> bool:
    row_id = getattr(source, "id", None)
    return row_id is not None and crc32(f"{row_id}{coordinate}".encode()) % 2 == 0


def _raise(error: Exception) -> Any:
    raise error


class Wrong:
    """An invalid value for every type, with the same text in both engines' errors."""

    def __str__(self) -> str:
        return "wrong"


class Entries:
    """Iterable, but not a list."""

    def __iter__(self) -> Iterator[int]:
        return iter((1, 2))

    def __str__(self) -> str:
        return "entries"


WRONG = Wrong()
Resolve = Callable[[], Any]
_FAILURES: dict[Fault, Callable[[Resolve], Any]] = {
    Fault.RAISES: lambda _: _raise(RuntimeError("password=hunter2")),
    Fault.IS_FORBIDDEN: lambda _: _raise(Forbidden("This is for staff only")),
    Fault.IS_NOT_FOUND: lambda _: _raise(NotFound("Unknown agent", path=("agent_id",))),
    Fault.FAILS_LATER: lambda _: _later(ValueError("too late")),
    Fault.IS_NULL: lambda _: None,
    Fault.IS_NULL_LATER: lambda _: _later(None),
    Fault.IS_LATE: lambda resolve: _resolve_later(resolve),
    Fault.IS_WRONG: lambda _: WRONG,
    Fault.IS_AN_ERROR: lambda _: LookupError("returned, not raised"),
    Fault.IS_A_LIST: lambda _: [None, 1],
    Fault.IS_ITERABLE: lambda _: Entries(),
}


async def _later(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


async def _resolve_later(resolve: Callable[[], Any]) -> Any:
    await asyncio.sleep(0)
    value = resolve()
    return await value if isinstance(value, Awaitable) else value


def choose_faults(dice: random.Random, coordinates: list[str]) -> Faults:
    """None for half of the documents, else up to three of the fields that they select."""
    if dice.random() < 0.5:
        return {}
    count = min(len(coordinates), dice.randint(1, 3))
    return {name: dice.choice(list(Fault)) for name in dice.sample(coordinates, count)}
