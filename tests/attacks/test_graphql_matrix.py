"""A1: every field of the API for every caller.

The expected result follows from the declared rule.
"""

from collections import defaultdict
from dataclasses import dataclass

import httpx
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_composite_type
from graphql import is_required_argument as is_required

from chenu.flows.services import Services
from chenu_graphql.enforcement import own_fields
from chenu_graphql.nodes import list_node_types
from chenu_graphql.permissions import PARENT
from chenu_graphql.policies import find_field_policy
from chenu_graphql.schema import get_schema
from tests.api.calls import Reply
from tests.api.dummies import call_of, literal, mutations
from tests.attacks.cast import Caller, gather_cast
from tests.attacks.oracle import FIELDS, ROOTS, is_given
from tests.attacks.world import TYPES, World, build_world
from tests.rows import fingerprint

REFUSED = {"FORBIDDEN", "UNAUTHENTICATED"}


def _type(name: str) -> GraphQLObjectType:
    found = get_schema().get_type(name)
    assert isinstance(found, GraphQLObjectType)
    return found


def asking(name: str, field: GraphQLField) -> str:
    """A minimal query of this field; pages have one entry."""
    sent = [f"{arg}: {literal(it.type)}" for arg, it in field.args.items() if is_required(it)]
    if "first" in field.args:
        sent.append("first: 1")
    arguments = f"({', '.join(sent)})" if sent else ""
    below = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    return f"{name}{arguments}{below}"


def test_every_field_declares_its_rule_and_every_rule_is_in_the_oracle() -> None:
    roots = {get_schema().query_type, get_schema().mutation_type, get_schema().subscription_type}
    declared = {
        f"{kind.name}.{name}": (kind in roots, find_field_policy(field))
        for kind, name, field in own_fields(get_schema())
    }

    missing = [
        place
        for place, (is_root, policy) in declared.items()
        if policy is None or policy.allow not in (ROOTS if is_root else {**FIELDS, **ROOTS})
    ]

    assert len(declared) >= 220
    assert missing == []


def test_every_type_that_a_node_can_be_stands_in_the_world() -> None:
    assert set(TYPES.values()) == set(list_node_types())


def test_a_root_field_is_never_left_to_its_parent() -> None:
    roots = [get_schema().query_type, get_schema().mutation_type, get_schema().subscription_type]
    rules = {
        f"{root.name}.{name}": find_field_policy(field)
        for root in roots
        if root is not None
        for name, field in root.fields.items()
    }

    assert [name for name, policy in rules.items() if policy and policy.allow is PARENT] == []
    assert len(rules) >= 32


def _is_refused(reply: Reply) -> bool:
    return bool(REFUSED & set(reply.codes))


@dataclass(frozen=True)
class Root:
    """A root field and a document that queries it; mutations name nothing that exists."""

    name: str
    document: str
    field: GraphQLField
    is_mutation: bool = False

    def is_for(self, caller: Caller) -> bool:
        policy = find_field_policy(self.field)
        assert policy is not None
        if self.is_mutation and caller.is_service and not policy.allow.for_apps:
            return False
        return ROOTS[policy.allow](caller)


def _roots() -> list[Root]:
    query = get_schema().query_type
    assert query is not None
    special = {"agent": 'agent(slug: "nothing") { id }', "staff": "staff { __typename }"}
    asked = [
        Root(name, f"{{ {special.get(name) or asking(name, field)} }}", field)
        for name, field in query.fields.items()
    ]
    return asked + [Root(name, call_of(name), field, True) for name, field in mutations().items()]


async def _ask(cells: list[tuple[Caller, Root]]) -> list[str]:
    """The callers whose answer is a refusal."""
    return [
        f"{caller.name}: {root.name}"
        for caller, root in cells
        if _is_refused(await caller.api.send(root.document))
    ]


async def test_every_root_field_answers_exactly_those_whom_its_rule_names(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    # root fields do not depend on the key's owner
    callers = [caller for caller in cast.callers if "creator's key" not in caller.name]
    cells = [(caller, root) for caller in callers for root in _roots()]
    closed = [cell for cell in cells if not cell[1].is_for(cell[0])]
    # signing out comes last: everything after it would be anonymous
    open_cells = [cell for cell in cells if cell[1].is_for(cell[0])]
    open_cells.sort(key=lambda cell: cell[1].name == "signOut")
    before = await fingerprint()

    refused = await _ask(closed)

    assert len(cells) >= 500
    assert refused == [f"{caller.name}: {root.name}" for caller, root in closed]
    assert await fingerprint() == before
    assert await _ask(open_cells) == []


def _expected(caller: Caller, thing: str) -> dict[str, list[str]]:
    """The fields of an object, by expected result: hidden, refused or given."""
    found = defaultdict(list)
    for name, field in _type(TYPES[thing]).fields.items():
        policy = find_field_policy(field)
        assert policy is not None
        outcome = "hidden"
        if is_given(caller, thing):
            outcome = "given" if FIELDS[policy.allow](caller) else "refused"
        found[outcome].append(asking(name, field))
    return found


async def _ask_node(caller: Caller, world: World, thing: str, asked: str) -> str:
    """hidden: the node is null; refused: a field of it is null; given: neither."""
    document = f"query($id: ID!) {{ node(id: $id) {{ ... on {TYPES[thing]} {{ {asked} }} }} }}"
    reply = await caller.api.send(document, {"id": world.node_id(thing)})
    depths = {len(error.get("path") or ()) for error in reply.errors}
    if reply.body["data"] == {"node": None} and depths <= {0, 1}:
        return "hidden"
    if reply.codes and set(reply.codes) <= REFUSED:
        return "refused"
    return f"broken {reply.codes}" if reply.errors else "given"


async def _thing_surprises(caller: Caller, world: World, thing: str) -> list[str]:
    """Hidden and given fields are queried together, refused ones one by one."""
    expected = _expected(caller, thing)
    asked = [("refused", field) for field in expected.pop("refused", [])]
    asked += [(outcome, " ".join(fields)) for outcome, fields in expected.items()]
    found = [(asked, want, await _ask_node(caller, world, thing, asked)) for want, asked in asked]
    return [
        f"{caller.name}: {thing} {{ {field} }} is {came}, not {want}"
        for field, want, came in found
        if came != want
    ]


async def test_every_field_of_every_object_answers_its_own_people_only(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    cells = sum(len(_type(kind).fields) for kind in TYPES.values()) * len(cast.callers)

    surprises = [
        line
        for caller in cast.callers
        for thing in TYPES
        for line in await _thing_surprises(caller, world, thing)
    ]

    assert cells >= 2500
    assert surprises == []
