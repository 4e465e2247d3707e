"""Every scalar of every input of the API at and beyond its limits: a code, never INTERNAL."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu_graphql.schema import get_schema
from tests.api.calls import Api, as_session, gid
from tests.people import make_creator, make_published_agent, sign_in_again
from tests.rows import put

_FIRST, _LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"
ODD: dict[str, list[Any]] = {
    "Int": [0, -1, 2**31 - 1, -(2**31), 2**31, 10**4000, 1e308],
    "BigInt": [0, -1, 2**53 - 1, 1 - 2**53, 2**53, 10**4000, 1e308],
    "Float": [0, -0.0, -1, 1e308, -1e308, 5e-324, 2**64, 10**4000],
    "Date": ["0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "", "\x00"],
    "DateTime": [_FIRST, _LAST, "0001-01-01T00:00:00+14:00", "10000-01-01T00:00:00Z", ""],
    "String": ["", "\x00", "9" * 5000, "🤖" * 5000, "\u202e\u2028\ufeff", "{x} %s {0}", "\ud800"],
    "ID": ["", "\x00", "9" * 5000, 0, -1, 10**4000, "🤖" * 5000, "QWdlbnQ6OTk5"],
    "JSON": [None, 2**64, 1e308, [1e20], {"": 2**53}, {"x": "\x00"}, "\ud800", [[[]]] * 900],
    "Boolean": [0, "true", 10**4000],
    "URL": ["", "\x00", "x" * 5000, "https://[", "https://x:99999999/", "http://\u202e/"],
}
_PLAIN = {"Boolean": True, "Int": 1, "Float": 1.5, "BigInt": 1, "JSON": {}, "Date": "2026-01-01"}


def plain(kind: Any) -> Any:
    """A minimal value of the type."""
    if is_non_null_type(kind):
        return plain(kind.of_type)
    if is_list_type(kind):
        return [plain(kind.of_type)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        fields = kind.fields.items()
        return {name: plain(it.type) for name, it in fields if is_required_input_field(it)}
    return _PLAIN.get(kind.name, "nothing")


def odd(kind: Any) -> Iterator[Any]:
    """Values of the type that contain one extreme scalar."""
    if is_non_null_type(kind):
        yield from odd(kind.of_type)
    elif is_list_type(kind):
        yield from ([value] for value in odd(kind.of_type))
    elif isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items():
            yield from ({**plain(kind), name: value} for value in odd(field.type))
    elif not isinstance(kind, GraphQLEnumType):
        yield from ODD[kind.name]


def calls(
    root: str, name: str, field: GraphQLField, agent_id: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Documents with their variables; ids are of one's own agent."""
    least = {arg: plain(it.type) for arg, it in field.args.items() if is_required_argument(it)}
    if "first" in field.args:
        least["first"] = 1
    below = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    for argument, definition in field.args.items():
        for value in odd(definition.type):
            sent = _of_agent({**least, argument: value}, agent_id)
            declared = ", ".join(f"${arg}: {field.args[arg].type}" for arg in sent)
            passed = ", ".join(f"{arg}: ${arg}" for arg in sent)
            yield f"{root}({declared}) {{ {name}({passed}){below} }}", sent


def _of_agent(value: Any, agent_id: str) -> Any:
    if isinstance(value, dict):
        return {name: _of_agent(entry, agent_id) for name, entry in value.items()}
    if isinstance(value, list):
        return [_of_agent(entry, agent_id) for entry in value]
    return agent_id if value == "nothing" else value


def roots() -> dict[str, tuple[str, str, GraphQLField]]:
    schema = get_schema()
    found = {"query": schema.query_type, "mutation": schema.mutation_type}
    return {
        f"{root}.{name}": (root, name, field)
        for root, kind in found.items()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if field.args
    }


async def _problem(api: Api, http: httpx.AsyncClient, query: str, sent: dict[str, Any]) -> str:
    body = json.dumps({"query": query, "variables": sent})
    headers = {"content-type": "application/json", **api.headers}
    answer = await http.post("/graphql", content=body, headers=headers)
    reported = answer.json()
    codes = {error["extensions"]["code"] for error in reported.get("errors", ())}
    is_fine = answer.status_code in (200, 400, 429) and "INTERNAL" not in codes
    return "" if is_fine and "int_max_str_digits" not in answer.text else answer.text[:300]


@pytest.mark.parametrize(("root", "name", "field"), roots().values(), ids=roots().keys())
async def test_no_argument_is_too_odd_for_an_answer(
    client: httpx.AsyncClient, services: Services, root: str, name: str, field: GraphQLField
) -> None:
    maker, _ = await make_creator(services)
    await put("account", "tier", TierCode.ENTERPRISE, "true")
    api = as_session(client, services, await sign_in_again(maker.user_id, maker.email))
    agent = await make_published_agent(services, maker)
    agent_id = gid("Agent", agent.id)

    problems = {
        str(sent)[:200]: problem
        for query, sent in calls(root, name, field, agent_id)
        if (problem := await _problem(api, client, query, sent))
    }

    assert problems == {}
