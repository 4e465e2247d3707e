"""Checks objects of the API, with everything nested in them, against the SDK's resource classes."""

import re
from collections.abc import Iterator
from typing import Any

from chenu.sandbox.contract import shapes
from chenu.sandbox.contract.routes import Call, calls
from chenu.sandbox.contract.types import (
    ANYTHING,
    NULL,
    Array,
    Dictionary,
    Enumeration,
    Expandable,
    Node,
    Page,
    Scalar,
    Shape,
    Union,
    describe,
    options_of,
)
from chenu.sandbox.engine.json_types import Json

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PAGE_KEYS = {"object", "data", "has_more", "url", "next_page", "total_count"}
_PAGE_KEYS_V2 = {"data", "next_page_url", "previous_page_url"}
_ERROR_KINDS = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}
_STATUSES = {400, 401, 402, 403, 404, 409, 424, 429}


def check_object(value: Json, where: str = "") -> list[str]:
    """What is wrong with one object that names its kind in `object`."""
    return list(_object(value, where or str(value.get("object"))))


def check_answer(call: Call, status: int, body: Any) -> list[str]:
    """What is wrong with the answer to a call."""
    if status >= 400:
        return list(_error(status, body, v2=call.v2))
    if not isinstance(body, dict):
        return [f"type: the answer is no object: {body!r}"]
    if body.get("deleted") is True:
        return check_object(body)
    return list(_value(body, call.returns, str(body.get("object", "list"))))


def _object(value: Json, where: str) -> Iterator[str]:
    name = value.get("object")
    if name == "list":
        yield from _page(value, Page(ANYTHING, v2=False), where)
        return
    shape = calls().sources.object_classes.get(str(name))
    if shape is None:
        yield f"type: {where} is a {name!r}, which the SDK does not know"
        return
    yield from _members(value, shape, where)


def _members(value: Json, shape: Shape, where: str) -> Iterator[str]:
    members = calls().sources.members(shape)
    if value.get("deleted") is True:
        yield from (f"missing: {where}.{key}" for key in ("id", "object") if key not in value)
        return
    for key, item in value.items():
        if key in members:
            yield from _value(item, members[key].node, f"{where}.{key}")
        else:
            yield f"unknown: {where}.{key} is not a field of {shape.name}"
    for key, member in members.items():
        if member.required and key not in value:
            yield f"missing: {where}.{key} is always there"
    yield from _absent(value, shape, where)
    if shape.name == "Event" and isinstance(value.get("data"), dict):
        inner = value["data"].get("object")
        if isinstance(inner, dict):
            yield from _object(inner, f"{where}.data.object")


def _absent(value: Json, shape: Shape, where: str) -> Iterator[str]:
    """Keys that Stripe sends, if only as null: the SDK fails on a key that is not there."""
    name = str(value.get("object"))
    if "." not in shape.name and shapes.exists(name):
        for key in shapes.keys_of(name) - value.keys():
            yield f"absent: {where}.{key} is sent by Stripe"


def _value(value: Any, node: Node, where: str) -> Iterator[str]:
    options = options_of(node)
    if ANYTHING in options or (value is None and NULL in options):
        return
    best: list[str] | None = None
    for option in options:
        found = list(_one(value, option, where))
        if not found:
            return
        is_structure = isinstance(option, Shape | Array | Dictionary | Page | Expandable | Union)
        if is_structure and isinstance(value, dict | list):
            best = found if best is None or len(found) < len(best) else best
    expected = " or ".join(describe(option) for option in options)
    yield from best or [f"type: {where} is {value!r}, expected {expected}"]


def _one(value: Any, option: Node, where: str) -> Iterator[str]:
    match option:
        case Page() if isinstance(value, dict):
            return _page(value, option, where)
        case Shape() if isinstance(value, dict):
            return _resource(value, option, where)
        case Expandable(target) if not isinstance(value, str):
            return _value(value, target, where)
        case Array(item) if isinstance(value, list):
            pairs = [(f"{where}[{place}]", one) for place, one in enumerate(value)]
            return _each(pairs, item)
        case Dictionary(item) if isinstance(value, dict):
            return _each([(f"{where}.{key}", one) for key, one in value.items()], item)
    fits = _is_plain(value, option)
    return iter(() if fits else (f"type: {where} is {value!r}, expected {describe(option)}",))


def _each(pairs: list[tuple[str, Any]], item: Node) -> Iterator[str]:
    for where, value in pairs:
        yield from _value(value, item, where)


def _is_plain(value: Any, option: Node) -> bool:
    match option:
        case Scalar(name):
            return _is_scalar(value, name)
        case Enumeration(values):
            return any(value == known and type(value) is type(known) for known in values)
    return isinstance(option, Expandable)


def _resource(value: Json, shape: Shape, where: str) -> Iterator[str]:
    name = value.get("object")
    known = calls().sources.object_classes.get(str(name))
    if known is not None and known != shape and shape in calls().sources.object_classes.values():
        yield f"type: {where} is a {name}, expected a {shape.name}"
        return
    yield from _members(value, shape, where)


def _is_scalar(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    match name:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int)
        case "number":
            return isinstance(value, int | float)
        case "decimal":
            return isinstance(value, str) and _NUMBER.fullmatch(value) is not None
    return False


def _page(value: Json, page: Page, where: str) -> Iterator[str]:
    needed: dict[str, type] = {"data": list}
    if not page.v2:
        needed |= {"object": str, "has_more": bool, "url": str}
    known = _PAGE_KEYS_V2 if page.v2 else _PAGE_KEYS
    for key, kind in needed.items():
        if not isinstance(value.get(key), kind):
            yield f"type: {where}.{key} is {value.get(key)!r}, expected {kind.__name__}"
    yield from (f"unknown: {where}.{key}" for key in value if key not in known)
    for place, item in enumerate(value.get("data") or []):
        at = f"{where}.data[{place}]"
        yield from _object(item, at) if page.item == ANYTHING else _value(item, page.item, at)


def _error(status: int, body: Any, *, v2: bool) -> Iterator[str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        yield f"error: HTTP {status} without an error object"
        return
    if status not in _STATUSES and status < 500:
        yield f"error: Stripe does not answer HTTP {status}"
    if v2:
        if not error.get("code"):
            yield "error: errors of API v2 carry a code"
        return
    kind = error.get("type")
    if kind not in _ERROR_KINDS:
        yield f"error: error.type is {kind!r}"
    if (status == 402) != (kind == "card_error"):
        yield f"error: HTTP 402 goes with card_error, not {status} with {kind}"
    if not isinstance(error.get("message"), str):
        yield "error: error.message is missing"
