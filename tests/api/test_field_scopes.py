"""Every field of the contract names the scopes that open it to a key, or says why it asks none."""

from functools import cache

import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type
from msgspec.structs import replace

from chenu.accounts.actor import Actor, ActorKind, ApiScope
from chenu.accounts.request_context import RequestContext
from chenu.core.errors import Forbidden
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu_graphql import permissions
from chenu_graphql.context import Context
from chenu_graphql.enforcement import own_fields
from chenu_graphql.permissions import Rule
from chenu_graphql.policies import find_field_policy
from chenu_graphql.schema import get_schema
from tests.api.calls import as_key
from tests.api.dummies import call_of, mutations
from tests.attacks.test_graphql_matrix import asking
from tests.people import make_person

WITHOUT_SCOPE = {
    permissions.ANYONE: "public",
    permissions.PARENT: "the scope is asked by the field that gave the object",
    permissions.DECIDED: "public parts, null for the rest",
}
FOR_NO_KEY = {
    *(permissions.PERSON, permissions.SESSION, permissions.KEYS),
    *(permissions.OWNERS, permissions.SIGN_IN_SETUP),
    *(permissions.STAFF, permissions.REVIEWER, permissions.FINANCE, permissions.SUPPORT),
    permissions.SERVICE,
}


@cache
def _rules() -> dict[str, Rule]:
    found = {}
    for kind, name, definition in own_fields(get_schema()):
        policy = find_field_policy(definition)
        assert policy is not None
        found[f"{kind.name}.{name}"] = policy.allow
    return found


SCOPED = sorted({rule for rule in _rules().values() if rule.scopes}, key=lambda rule: rule.name)


def test_every_field_has_a_scope_or_a_reason_to_have_none() -> None:
    rules = _rules()

    unclear = [
        place
        for place, rule in rules.items()
        if not rule.scopes and rule not in WITHOUT_SCOPE and rule not in FOR_NO_KEY
    ]

    assert len(rules) >= 500
    assert unclear == []
    assert {scope for rule in SCOPED for scope in rule.scopes} == set(ApiScope)


PUBLIC_TYPES = {
    *("Agent", "AgentConnection", "AgentEdge", "AgentFacets", "AgentPrice", "AgentVersion"),
    *("ApiPlan", "Creator", "FacetCount", "Money", "PageInfo", "Sphere", "Tier", "TierFeature"),
    *("Review", "ReviewConnection", "ReviewEdge", "TokenPack"),
    *("Availability", "AvailabilityDay", "Incident", "IncidentUpdate", "Maintenance"),
    "ServiceStatus",  # the page /status
    "AgentAccess",  # whether the account may use an agent that everybody sees
}
"""What a key without any scope is given objects of: what everybody may read without a key."""


def _given_without_scope() -> set[str]:
    """The types that are reached from the roots by fields that ask for no scope."""
    schema = get_schema()
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    waiting = [root for root in roots if root is not None]
    seen = {root.name for root in waiting}
    while waiting:
        for definition in waiting.pop().fields.values():
            policy = find_field_policy(definition)
            below = get_named_type(definition.type)
            if policy is None or policy.allow not in WITHOUT_SCOPE or below.name in seen:
                continue
            if isinstance(below, GraphQLObjectType) and not _asks_everywhere(below):
                seen.add(below.name)
                waiting.append(below)
    return seen - {root.name for root in roots if root is not None}


def _asks_everywhere(kind: GraphQLObjectType) -> bool:
    """Whether each of its own fields asks for a scope, such as those of AccessGrant."""
    policies = [find_field_policy(definition) for definition in kind.fields.values()]
    return all(policy is not None and policy.allow.scopes for policy in policies)


def test_what_is_given_without_a_scope_is_public() -> None:
    """So that an object of anybody is behind a scope, whatever its own fields ask."""
    assert _given_without_scope() == PUBLIC_TYPES


@pytest.mark.parametrize("rule", SCOPED, ids=[rule.name for rule in SCOPED])
async def test_a_key_without_the_scope_reads_which_one_it_needs(
    services: Services, rule: Rule
) -> None:
    key = Actor(kind=ActorKind.API_KEY, scopes=frozenset(ApiScope) - rule.scopes)
    apps = replace(key, kind=ActorKind.SERVICE_KEY)

    for actor in (key, apps):
        with pytest.raises(Forbidden) as refused:
            rule.require(Context(services, RequestContext(actor=actor)))
        assert all(scope in str(refused.value) for scope in rule.scopes)


async def test_each_root_field_names_the_scope_that_a_key_lacks(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("program", tier=TierCode.PRO)
    query = get_schema().query_type
    assert query is not None
    documents = {name: f"{{ {asking(name, field)} }}" for name, field in query.fields.items()}
    documents |= {name: call_of(name) for name in mutations()}
    asked, unnamed = 0, []

    for scopes in sorted({rule.scopes for rule in SCOPED}, key=sorted):
        blind = [scope for scope in ApiScope if scope not in scopes]
        api = await as_key(client, services, person, *blind)
        for name in (name for name in documents if _root_rule(name).scopes == scopes):
            asked += 1
            reply = await api.send(documents[name])
            said = reply.errors[0]["message"] if reply.errors else ""
            if reply.codes != ["FORBIDDEN"] or not all(scope in said for scope in scopes):
                unnamed.append((name, reply.codes, said))

    assert asked >= 30
    assert unnamed == []


def _root_rule(name: str) -> Rule:
    rules = _rules()
    return rules.get(f"Mutation.{name}") or rules[f"Query.{name}"]
