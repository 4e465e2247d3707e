"""What the tools ask is what the API offers: checked against the published schema."""

import json
from pathlib import Path
from typing import get_args

import pytest
from graphql import GraphQLEnumType, build_schema, parse, validate

from chenu.mcp_server import documents, tools
from chenu.mcp_server.documents import Document
from chenu.tiers.spheres import SPHERES
from chenu_graphql.export import OF_TOOLS
from chenu_graphql.stored import id_of, list_operations, name_of, read_stored

ROOT = Path(__file__).parents[2]
SCHEMA = build_schema((ROOT / "graphql" / "schema.graphql").read_text())
DOCUMENTS = [each for each in vars(documents).values() if isinstance(each, Document)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=[name_of(each.text) for each in DOCUMENTS])
def test_every_document_is_valid_and_stored(document: Document) -> None:
    assert validate(SCHEMA, parse(document.text)) == []
    assert document.id == id_of(document.text)
    assert read_stored()[document.id] == document.text


def test_every_operation_of_the_source_is_a_document() -> None:
    source = ROOT / OF_TOOLS
    texts = list_operations([source.read_text()])

    assert json.loads(source.with_suffix(".json").read_text()) == {
        name_of(text): text for text in texts
    }, "run `make schema`"
    assert {document.text for document in DOCUMENTS} == set(texts)


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
