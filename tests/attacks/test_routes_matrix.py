"""A1: every route for every caller.

The expected result follows from its declaration and its ids.
"""

from typing import Any

import httpx
import pytest
from litestar import Litestar

from chenu.accounts.actor import Staff
from chenu.app import create_app
from chenu.flows.services import Services
from chenu.scim.model import SCIM_PATH
from chenu.settings import Mode
from storefront.access import Access
from tests.attacks.cast import Caller, Cast, gather_cast
from tests.attacks.pages import ROUTES, Route, ask, csrf_of, session_headers
from tests.attacks.world import World, build_world
from tests.conftest import open_client, with_settings
from tests.people import sign_in_again
from tests.rows import fingerprint

FOR_PROGRAMS = {
    "GET /healthz": "tells only that the process is alive",
    "GET /readyz": "tells ok or down",
    "GET /metrics": "numbers without names; kept inside the network (docs/operations.md)",
    "POST /webhooks/stripe": "Stripe's signature",
    "POST /webhooks/stripe/thin": "Stripe's signature",
    "POST /api/v1/leaked-keys": "a known reporter's signature",
    **{
        f"{method} /api/v1/authorize{rest}": "an API key, its scope and its calls"
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for rest in ("", "/{call:path}")
    },
    **{
        f"{method} /scim/v2/{things}{rest}": "the token of a connection"
        for things in ("Users", "Groups")
        for rest, methods in (("", "GET POST"), ("/{id_text:str}", "GET PUT PATCH DELETE"))
        for method in methods.split()
    },
    **{
        f"GET /scim/v2/{name}": "what SCIM can do here, the same for everybody"
        for name in (
            *("ServiceProviderConfig", "ResourceTypes", "ResourceTypes/{name:str}"),
            *("Schemas", "Schemas/{urn:str}"),
        )
    },
    "POST /graphql": "each field's rule",
    "GET /graphql": "refuses, or leads to the explorer",
    "WEBSOCKET /graphql": "each field's rule",
    "GET /graphql/explorer": "a page without data",
    "GET /graphql/operations.json": "the stored operations, the same for everybody",
    "GET /developers/schema.graphql": "the schema, which everybody may ask for",
}
"""The rules of routes outside the storefront."""

OWNERS = {
    "order_id": "buyer",
    "pack_order_id": "buyer",
    "file": "buyer",
    "purchase_id": "buyer",
    "key_id": "buyer",
    "session_id": "buyer",
    "member_id": "buyer",
    "invitation_id": "buyer",
    "agent_id": "creator",
    "decision_id": "creator",
    "sale_id": "creator",
    "review_id": "creator",
    "bill_id": "creator",
    "subject_id": "buyer",
    "limit_id": "buyer",
    "host_id": "buyer",
    "endpoint_id": "buyer",
    "connection_id": "buyer",
    "domain_id": "buyer",
    "grant_id": "buyer",
}
"""The owner of each object; staff reach agents by the access of staff pages."""

DESKS = {
    Access.REVIEWER: (Staff.REVIEWER,),
    Access.SUPPORT: (Staff.SUPPORT,),
    Access.SUPPORT_OR_FINANCE: (Staff.SUPPORT, Staff.FINANCE),
    Access.FINANCE: (Staff.FINANCE,),
    Access.ADMIN: (Staff.ADMIN,),
}

CREATORS_ONLY = {
    "POST /creator/profile",
    "POST /creator/legal",
    "POST /creator/agents/preview",
}
"""Without an id, but about the caller as a creator."""

AFFILIATES_ONLY = {
    "POST /affiliate/country",
    "GET /affiliate/commissions.csv",
    "GET /affiliate/statements/{statement_number:str}",
    "GET /affiliate/link.svg",
    "GET /affiliate/link.png",
}
"""The same, about the caller as an affiliate."""

MANIFEST_ROUTES = {"GET /agents/{slug:str}/manifest", "POST /agents/{slug:str}/manifest"}


async def _served(services: Services) -> set[str]:
    """The routes of the application inside all its wrappers, also those that are made late."""
    app: Any = create_app(services)
    async with open_client(services, app) as asking:
        await asking.get(f"{SCIM_PATH}/Schemas")
    while not isinstance(app, Litestar):
        app = app._app
    found = set()
    for route in app.routes:
        methods = getattr(route, "methods", None) or {"WEBSOCKET"}
        found |= {f"{method} {route.path}" for method in methods if method != "OPTIONS"}
    return found


async def test_every_route_that_is_served_has_a_declared_guard(services: Services) -> None:
    declared = {str(route) for route in ROUTES if route.access in set(Access)}

    served = await _served(services)

    assert served - declared == set(FOR_PROGRAMS)
    assert len(served) >= 65


async def test_the_demo_alone_shows_mails(services: Services) -> None:
    demo = await _served(with_settings(services, mode=Mode.DEMO))

    assert {name.split()[1] for name in demo - await _served(services)} == {
        "/demo/mail",
        "/demo/mail.css",
        "/demo/mail/{name:str}",
    }


def _expected(caller: Caller, route: Route) -> str:
    """open, sign-in, forbidden, missing or refused (by the business, with words)."""
    if route.access is Access.PUBLIC:
        return "open"
    if not caller.is_person:
        return "sign-in"
    if route.access in DESKS:
        return "open" if caller.has_staff(*DESKS[route.access]) else "forbidden"
    owners = {OWNERS[name] for name in route.parameters if name in OWNERS}
    if owners and owners != {caller.owns}:
        return "missing"
    if str(route) in CREATORS_ONLY and caller.name not in ("creator", "other creator"):
        return "refused"
    if str(route) in AFFILIATES_ONLY and caller.owns != "affiliate":
        return "refused"
    if str(route) in MANIFEST_ROUTES and not (caller.owns or caller.has_staff(Staff.REVIEWER)):
        return "refused"
    return "open"


def _found(answer: httpx.Response) -> str:
    if answer.headers.get("location", "").partition("?next=")[0] == "/sign-in":
        return "sign-in"
    known = {401: "sign-in", 403: "forbidden", 404: "missing", 402: "refused", 409: "refused"}
    return known.get(answer.status_code, "open" if answer.status_code < 500 else "broken")


async def _ask_as(
    http: httpx.AsyncClient, services: Services, caller: Caller, route: Route, world: World
) -> str:
    """People get a new session each time, because some of the routes end sessions."""
    if caller.person is None:
        return _found(await ask(http, route, world, caller.api.headers))
    person = await sign_in_again(caller.person.user_id, caller.person.email)
    form = {"csrf_token": csrf_of(services, person)}
    headers = session_headers(services, person)
    return _found(await ask(http, route, world, headers, form))


@pytest.fixture
async def cast(client: httpx.AsyncClient, services: Services) -> Cast:
    return await gather_cast(services, client)


async def test_every_route_answers_exactly_those_whom_it_is_for(
    client: httpx.AsyncClient, services: Services, cast: Cast
) -> None:
    world = await build_world(services, cast)
    cells = [(caller, route) for route in ROUTES for caller in cast.callers]
    closed = [cell for cell in cells if _expected(*cell) != "open"]
    before = await _everything()

    found = {
        f"{caller.name}: {route}": await _ask_as(client, services, caller, route, world)
        for caller, route in closed
    }

    assert len(cells) >= 1200
    assert found == {
        f"{caller.name}: {route}": _expected(caller, route) for caller, route in closed
    }
    assert await _everything() == before


async def test_nobody_is_barred_from_what_is_theirs(
    client: httpx.AsyncClient, services: Services, cast: Cast
) -> None:
    """With empty forms: an open page answers, or says what is missing."""
    world = await build_world(services, cast)
    callers = [cast.named(name) for name in ("anonymous", "buyer", "creator", "reviewer")]
    cells = [(caller, route) for route in ROUTES for caller in callers]

    closed = [
        f"{caller.name}: {route} is {found}"
        for caller, route in cells
        if _expected(caller, route) == "open"
        for found in [await _ask_as(client, services, caller, route, world)]
        if found not in ("open", "refused")
    ]

    assert closed == [], "\n".join(closed)


async def _everything() -> dict[str, tuple[int, str]]:
    """All tables except the sessions that the test opens."""
    found = await fingerprint()
    del found["user_session"]
    return found
