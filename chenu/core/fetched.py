"""Answers of another service, numbered in the order in which they were requested.

Answers may arrive in another order than they were requested. So a stored answer keeps its number,
and is written `WHERE fetch_number < $n`. docs/decisions/0021.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, NewType, TypeVar

import msgspec

from chenu.core import db

T = TypeVar("T")

FetchNumber = NewType("FetchNumber", int)


class Fetched(msgspec.Struct, Generic[T], frozen=True):
    """An answer and its number: a greater one was requested later.

    Numbers are unique in all processes.
    """

    value: T
    number: FetchNumber


async def fetch(call: Callable[[], Awaitable[T]]) -> Fetched[T]:
    """Takes the number before sending the request, so that the answer includes every earlier
    change.
    """
    number = FetchNumber(await db.fetch_value("SELECT nextval('fetch_number')"))
    return Fetched(await call(), number)
