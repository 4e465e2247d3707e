"""The API's own scalars: how they are serialised, and which values are refused."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NewType

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)
URL = NewType("URL", str)

LARGEST = 2**53 - 1
"""The largest integer that every JSON parser reads exactly."""


def _write_big(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST:
        raise GraphQLError(f"BigInt cannot represent {value!r}")
    return value


def _read_big(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise GraphQLError("BigInt is a whole number between -(2^53-1) and 2^53-1")
    return value


def _write_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_time(value: Any) -> datetime:
    """Requires an offset: a time without one is ambiguous."""
    refusal = GraphQLError("DateTime is ISO 8601 with an offset, such as 2026-11-22T19:30:00Z")
    if not isinstance(value, str):
        raise refusal
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise refusal
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise refusal from None


def _read_date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError):
        raise GraphQLError("Date is ISO 8601, such as 2026-11-22") from None


def _read_url(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError("URL is text")
    return value


def _write_json(value: Any) -> orjson.Fragment:
    """Serialised at once, so that a value which cannot be is the error of this one field.

    orjson is limited to 64 bits and a certain depth, which older rows may exceed.
    """
    try:
        return orjson.Fragment(orjson.dumps(value))
    except TypeError:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        return orjson.Fragment(text.encode())


SCALARS: Mapping[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number as a JSON integer, |n| <= 2^53-1.",
        serialize=_write_big,
        parse_value=_read_big,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment, ISO 8601, written in UTC; with an offset when sent.",
        serialize=_write_time,
        parse_value=_read_time,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day, ISO 8601.",
        serialize=date.isoformat,
        parse_value=_read_date,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        serialize=_write_json,
        parse_value=lambda value: value,
    ),
    URL: strawberry.scalar(
        name="URL", description="An absolute address.", serialize=str, parse_value=_read_url
    ),
}
