"""Answers of another service, numbered in the order in which it was asked.

Two requests overtake each other on their way: what is stored keeps the number of the answer that
it is from, and is written `WHERE fetch_number < $n`. docs/decisions/0021.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, NewType, TypeVar

from chenu.core import db

T = TypeVar("T")

FetchNumber = NewType("FetchNumber", int)


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T]):
    """A greater `number` was asked later; no two are equal, whichever process asked."""

    value: T
    number: FetchNumber


async def fetch(call: Callable[[], Awaitable[T]]) -> Fetched[T]:
    """Numbered before the request is sent: what changes before then, the answer knows."""
    number = FetchNumber(await db.fetch_value("SELECT nextval('fetch_number')"))
    return Fetched(await call(), number)
