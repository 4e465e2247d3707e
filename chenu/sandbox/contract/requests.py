"""Reads a request by the types of the call: refuses what Stripe would refuse, returns typed values.

Values of API v1 arrive as strings and leave as int, bool, Decimal, list and dict.
"""

import re
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from chenu.sandbox.contract.expand import check_expand
from chenu.sandbox.contract.routes import Call, calls
from chenu.sandbox.contract.rules import check_rules
from chenu.sandbox.contract.types import (
    ANYTHING,
    NULL,
    Array,
    Dictionary,
    Enumeration,
    Node,
    Scalar,
    Shape,
    describe,
    options_of,
)
from chenu.sandbox.engine.errors import Refused
from chenu.sandbox.engine.json_types import Json

_INTEGER = re.compile(r"-?\d{1,18}")
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,12})?")
_LONGEST_STRING = 5000
_CLEARED_BY_EMPTY = "address["
"""Parts of a postal address that are empty are taken, and null from then on."""


def read_request(call: Call, raw: Json, *, account: str = "") -> Json:
    """Typed parameters; raises Refused at the first that is wrong.

    `raw`: nested hashes of strings, or the JSON body of API v2. `account`: acting for that one.
    """
    free = _free_parameters(call)
    given = {key: value for key, value in raw.items() if key not in free}
    parameters: Json = {}
    if call.parameters is not None:
        parameters = _Reader(json=call.v2 and call.method == "POST").shape(
            given, call.parameters, ""
        )
    elif given:
        raise _unknown(next(iter(given)), [])
    parameters |= _read_free(raw, free)
    check_expand(call, parameters.get("expand") or [])
    check_rules(call, parameters, account)
    return parameters


def _free_parameters(call: Call) -> frozenset[str]:
    """Parameters that are understood everywhere, whether the call's own type names them or not."""
    if not call.v2:
        return frozenset({"expand"})
    return frozenset({"page"}) if call.method == "GET" else frozenset()


def _read_free(raw: Json, free: frozenset[str]) -> Json:
    found: Json = {}
    if "expand" in free and "expand" in raw:
        found["expand"] = _Reader(json=False).read(raw["expand"], Array(Scalar("string")), "expand")
    if "page" in free and "page" in raw:
        found["page"] = str(raw["page"])
    return found


class _Reader:
    """`json`: values have their own types already, so a number in a string is a mistake."""

    def __init__(self, *, json: bool) -> None:
        self._json = json

    def read(self, value: Any, node: Node, where: str) -> Any:
        options = options_of(node)
        if ANYTHING in options:
            return value
        failures: list[tuple[Node, Refused]] = []
        for option in options:
            try:
                return self._one(value, option, where)
            except Refused as refusal:
                failures.append((option, refusal))
        raise _most_telling(value, failures)

    def _one(self, value: Any, option: Node, where: str) -> Any:
        match option:
            case Scalar(name):
                return self._scalar(value, name, where)
            case Enumeration(values):
                return self._choice(value, values, where)
            case Array(item):
                return self._array(value, item, where)
            case Dictionary(item):
                return self._hash(value, item, where)
            case Shape():
                if not isinstance(value, dict):
                    raise _invalid("object", value, where)
                return self.shape(value, option, where)
        if option == NULL and value is None:
            return None
        raise _invalid(describe(option), value, where)

    def shape(self, value: Json, shape: Shape, where: str) -> Json:
        """A hash with named members, each read by its own type."""
        members = calls().sources.members(shape)
        read: Json = {}
        for key, item in value.items():
            at = f"{where}[{key}]" if where else key
            if key not in members:
                raise _unknown(at, list(members))
            read[key] = self.read(item, members[key].node, at)
        for key, member in members.items():
            if member.required and key not in value:
                at = f"{where}[{key}]" if where else key
                raise Refused(f"Missing required param: {at}.", code="parameter_missing", param=at)
        return read

    def _array(self, value: Any, item: Node, where: str) -> list[Any]:
        if isinstance(value, dict) and value and all(key.isdecimal() for key in value):
            value = [value[key] for key in sorted(value, key=int)]
        if not isinstance(value, list):
            raise _invalid("array", value, where)
        return [self.read(one, item, f"{where}[{place}]") for place, one in enumerate(value)]

    def _hash(self, value: Any, item: Node, where: str) -> Json:
        if not isinstance(value, dict):
            raise _invalid("object", value, where)
        return {
            key: one if one == "" else self.read(one, item, f"{where}[{key}]")
            for key, one in value.items()
        }

    def _choice(self, value: Any, values: frozenset[str | bool | int], where: str) -> Any:
        if not isinstance(value, dict | list):
            for known in values:
                same = value == known and isinstance(value, bool) == isinstance(known, bool)
                if same or (not self._json and known is True and value == "true"):
                    return known
        names = ", ".join(sorted(str(known) for known in values if known != ""))
        raise Refused(f"Invalid {where}: must be one of {names}", param=where)

    def _scalar(self, value: Any, name: str, where: str) -> Any:
        if value == "" and not where.startswith(_CLEARED_BY_EMPTY):
            raise _empty(where)
        if isinstance(value, str):
            return self._text(value, name, where)
        typed = {"boolean": bool, "integer": int, "number": int | float, "decimal": int | float}
        expected = typed.get(name)
        if expected is None or not isinstance(value, expected):
            raise _invalid(name, value, where)
        if isinstance(value, bool) and name != "boolean":
            raise _invalid(name, value, where)
        return value

    def _text(self, value: str, name: str, where: str) -> Any:
        match name:
            case "string":
                if len(value) > _LONGEST_STRING:
                    raise Refused(f"Invalid string: {where} is too long", param=where)
                return value
            case "boolean" if value in ("true", "false") and not self._json:
                return value == "true"
            case "integer" if _INTEGER.fullmatch(value):
                return int(value)
            case "number" | "decimal" if _NUMBER.fullmatch(value):
                return Decimal(value)
        raise _invalid(name, value, where)


def _most_telling(value: Any, failures: list[tuple[Node, Refused]]) -> Refused:
    """The refusal of the alternative that was most likely meant."""
    structured = isinstance(value, dict | list)
    for option, refusal in failures:
        if isinstance(option, Shape | Array | Dictionary) == structured and option != Enumeration(
            frozenset({""})
        ):
            return refusal
    return failures[0][1]


def _invalid(kind: str, value: Any, where: str) -> Refused:
    shown = value if isinstance(value, str | int) else "…"
    code = "parameter_invalid_integer" if kind == "integer" else None
    return Refused(f"Invalid {kind}: {shown}", code=code, param=where)


def _empty(where: str) -> Refused:
    return Refused(
        f"You passed an empty string for '{where}'. An empty value would unset a parameter, but"
        f" '{where}' cannot be unset: leave it out or give it a value.",
        code="parameter_invalid_empty",
        param=where,
    )


def _unknown(where: str, known: list[str]) -> Refused:
    last = where.rpartition("[")[2].rstrip("]")
    near = get_close_matches(last, known, 1, 0.75)
    hint = f". Did you mean {near[0]}?" if near else ""
    return Refused(
        f"Received unknown parameter: {where}{hint}", code="parameter_unknown", param=where
    )
