"""What the tools ask is what the API offers: checked against the published schema."""

from pathlib import Path
from typing import get_args

import pytest
from graphql import GraphQLEnumType, build_schema, get_operation_ast, parse, validate

from chenu.mcp_server import tools
from chenu.mcp_server.documents import DOCUMENTS, Document
from chenu.tiers.spheres import SPHERES

SCHEMA = build_schema((Path(__file__).parents[2] / "graphql" / "schema.graphql").read_text())


@pytest.mark.parametrize("document", DOCUMENTS, ids=[document.name for document in DOCUMENTS])
def test_every_document_is_valid(document: Document) -> None:
    parsed = parse(document.text)
    operation = get_operation_ast(parsed, document.name)

    assert operation is not None
    assert validate(SCHEMA, parsed) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [("AgentSort", tools.Sort), ("PriceType", tools.PriceType)],
    ids=["sort", "price"],
)
def test_tools_offer_the_values_of_the_schema(name: str, values: object) -> None:
    known = SCHEMA.type_map[name]

    assert isinstance(known, GraphQLEnumType)
    assert set(get_args(values)) == set(known.values)


def test_tools_offer_every_sphere() -> None:
    assert set(get_args(tools.Sphere)) == {sphere.code for sphere in SPHERES}
