"""What the schema promises: its SDL, the contract, and a declaration for every field."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
)
from graphql.utilities import find_breaking_changes

from chenu_graphql.enforcement import UndeclaredField, enforce, own_fields
from chenu_graphql.nodes import list_node_types
from chenu_graphql.policies import find_field_policy
from chenu_graphql.schema import get_schema, print_sdl

ROOT = Path(__file__).parents[2]
CONTRACT = Path(__file__).parent / "contract.graphql"


def test_committed_schema_is_the_served_one() -> None:
    committed = (ROOT / "graphql" / "schema.graphql").read_text()

    assert committed == print_sdl(), "run `make schema`"


def test_nothing_that_clients_were_given_is_taken_away() -> None:
    contract = build_schema(CONTRACT.read_text(), assume_valid_sdl=True)
    served = build_schema(print_sdl(), assume_valid_sdl=True)

    assert [change.description for change in find_breaking_changes(contract, served)] == []


def test_the_contract_check_sees_what_is_taken_away() -> None:
    contract = build_schema(CONTRACT.read_text(), assume_valid_sdl=True)
    poorer = build_schema(print_sdl().replace("slug: String!", "slug: String"))

    breaks = [change.description for change in find_breaking_changes(contract, poorer)]
    assert breaks == ["Field Agent.slug changed type from String! to String."]


def test_everything_is_described() -> None:
    missing = list(_undescribed())

    assert missing == []


def _undescribed() -> Iterator[str]:
    for name, kind in get_schema().type_map.items():
        if name.startswith("__") or name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        if not kind.description:
            yield name
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                if not field.description:
                    yield f"{name}.{field_name}"
                yield from (
                    f"{name}.{field_name}({argument})"
                    for argument, definition in field.args.items()
                    if not definition.description
                )
        elif isinstance(kind, GraphQLInputObjectType):
            yield from (
                f"{name}.{field}" for field, each in kind.fields.items() if not each.description
            )


def test_every_field_declares_who_may_ask_it() -> None:
    declared = {
        f"{kind.name}.{name}": find_field_policy(field)
        for kind, name, field in own_fields(get_schema())
    }

    assert len(declared) > 200
    assert [place for place, policy in declared.items() if policy is None] == []


def test_a_field_without_a_declaration_stops_the_schema() -> None:
    @strawberry.type
    class Query:
        secret: str = strawberry.field(description="Nobody said who may ask this.")

    with pytest.raises(UndeclaredField, match=r"Query\.secret"):
        enforce(strawberry.Schema(Query))


def test_no_field_can_be_called_that_is_not_public_without_a_rule() -> None:
    """Queries start at the root fields, so each public rule of theirs is listed here."""
    rules = {
        f"{kind.name}.{name}": policy.allow.name
        for kind, name, field in own_fields(get_schema())
        if kind.name in ("Query", "Mutation", "Live")
        and (policy := find_field_policy(field)) is not None
    }

    anyone = {place for place, rule in rules.items() if rule == "anyone"}
    assert anyone == {
        "Query.tiers",
        "Query.tier",
        "Query.apiPlans",
        "Query.tokenPacks",
        "Query.spheres",
        "Query.agents",
        "Query.creator",
        "Query.featuredAgents",
        "Query.risingAgents",
        "Query.serviceStatus",
    }
    assert not any(rules[place].startswith("whoever") for place in rules)


def test_every_node_type_is_found_by_its_id() -> None:
    schema = get_schema()
    interface = schema.type_map["Node"]

    assert isinstance(interface, GraphQLInterfaceType)
    names = sorted(kind.name for kind in schema.get_possible_types(interface))
    assert list_node_types() == names


def test_enums_have_the_names_of_the_business() -> None:
    kinds = [kind for kind in get_schema().type_map.values() if isinstance(kind, GraphQLEnumType)]

    odd = [
        f"{kind.name}.{name}"
        for kind in kinds
        if not kind.name.startswith("__")
        for name, value in kind.values.items()
        if value.value != name
    ]
    assert odd == []
