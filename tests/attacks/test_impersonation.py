"""Staff who see a customer's pages: every route and mutation, other people's things, and the end.

Whatever is sent, no row changes but the record of the pages that were opened.
"""

from dataclasses import dataclass
from http.cookies import SimpleCookie

import httpx
import pytest

from chenu.accounts.actor import AccountId, Actor, Staff
from chenu.accounts.impersonation import (
    end_overdue_impersonations,
    find_impersonated,
    start_impersonation,
)
from chenu.accounts.request_context import LEAVE_PATH, RequestContext, impersonation_cookie_name
from chenu.accounts.sessions import revoke_session
from chenu.agents.views import store_views
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import InvalidState
from chenu.core.ids import new_id
from chenu.flows.services import Services
from storefront.routes import HANDLERS
from storefront.viewable_pages import CLOSED, VIEWABLE
from tests.api.calls import Api, gid
from tests.api.dummies import call_of, mutations
from tests.api.serving import socket
from tests.attacks.cast import gather_cast
from tests.attacks.forms import filled_forms
from tests.attacks.pages import ROUTES, Route, ask, session_headers
from tests.attacks.world import World, build_world
from tests.people import PASSWORD, Person, make_person, sign_in_again
from tests.rows import count, fingerprint

_LOOKING = "You see the pages of a customer"


@dataclass(frozen=True)
class Look:
    """Staff who see the pages of a customer, as their browser sends it."""

    staff: Person
    actor: Actor
    token: str
    headers: dict[str, str]

    def api(self, http: httpx.AsyncClient) -> Api:
        return Api(http, self.headers)


async def look_at(services: Services, staff: Person, customer: Person) -> Look:
    account_id = customer.actor.account_id
    assert account_id is not None
    begun = await start_impersonation(staff.actor, account_id, "They asked for help.")
    actor = await find_impersonated(staff.actor, begun.token)
    assert actor is not None
    csrf = RequestContext(actor=actor).csrf_token(services.settings)
    cookie = f"{session_headers(services, staff)['cookie']}; {_name(services)}={begun.token}"
    headers = {"cookie": cookie, "x-csrf-token": csrf or "", "accept-language": "en"}
    return Look(staff, actor, begun.token, headers)


def _name(services: Services) -> str:
    return impersonation_cookie_name(services.settings)


async def make_staff(name: str = "desk", role: Staff = Staff.SUPPORT) -> Person:
    person = await make_person(name, staff=(role,))
    await db.execute("UPDATE app_user SET locale = 'en' WHERE id = $1", person.user_id)
    return await sign_in_again(person.user_id, person.email)


@pytest.fixture
async def world(services: Services, client: httpx.AsyncClient) -> tuple[World, dict[str, Person]]:
    cast = await gather_cast(services, client)
    built = await build_world(services, cast)
    affiliate = cast.named("affiliate").person
    assert affiliate is not None
    return built, {"buyer": cast.buyer, "creator": cast.creator, "affiliate": affiliate}


def test_every_page_is_open_to_who_looks_or_closed_for_a_reason() -> None:
    reading = {
        path
        for handler in HANDLERS
        for path in handler.paths
        if "GET" in handler.http_methods and not path.startswith("/staff")
    }

    assert VIEWABLE - {LEAVE_PATH} | CLOSED.keys() == reading
    assert VIEWABLE & CLOSED.keys() == set()
    assert "" not in CLOSED.values()


async def test_no_route_changes_anything_and_secrets_stay_closed(
    client: httpx.AsyncClient, services: Services, world: tuple[World, dict[str, Person]]
) -> None:
    built, people = world
    forms = filled_forms(built, system_now().isoformat())
    staff = await make_staff()
    wrong = []
    for name, person in people.items():
        look = await look_at(services, staff, person)
        before = await fingerprint()
        for route in ROUTES:
            if route.path == LEAVE_PATH:
                continue
            filled = forms.get(route.path)
            form = {"csrf_token": look.headers["x-csrf-token"], **(filled.fields if filled else {})}
            answer = await ask(client, route, built, look.headers, form)
            if not _is_right(route, answer):
                wrong.append(f"{name}: {route}: {answer.status_code}")
        if await fingerprint() != before:
            wrong.append(f"{name}: something changed")
        await store_views(services.tallies)
        await end_all()

    assert wrong == []
    assert await count("agent_view_day") == 0


async def end_all() -> None:
    await db.execute("UPDATE impersonation SET ended_at = started_at")


def _is_right(route: Route, answer: httpx.Response) -> bool:
    if route.method == "GET" and route.path in VIEWABLE:
        return answer.status_code in (200, 303, 402, 404, 409)
    return answer.status_code == 403 and ("/staff" in route.path or _LOOKING in answer.text)


async def test_other_methods_are_refused_on_every_path(
    client: httpx.AsyncClient, services: Services, world: tuple[World, dict[str, Person]]
) -> None:
    built, people = world
    look = await look_at(services, await make_staff(), people["buyer"])
    before = await fingerprint()

    answers = [
        await client.request(method, route.url(built), headers=look.headers)
        for route in ROUTES
        for method in ("PUT", "PATCH", "DELETE")
    ]

    assert {answer.status_code for answer in answers} <= {403, 405}
    assert await fingerprint() == before


async def test_no_mutation_and_no_query_is_answered(
    client: httpx.AsyncClient, services: Services, world: tuple[World, dict[str, Person]]
) -> None:
    look = await look_at(services, await make_staff(), world[1]["buyer"])
    api, before = look.api(client), await fingerprint()

    answers = {name: (await api.send(call_of(name))).codes for name in mutations()}
    query = await api.send("{ viewer { email } }")

    assert {name for name, codes in answers.items() if codes != ["FORBIDDEN"]} == set()
    assert query.codes == ["FORBIDDEN"]
    assert await fingerprint() == before


async def test_no_socket_is_opened(url: str, services: Services) -> None:
    look = await look_at(services, await make_staff(), await make_person("zoe"))

    with pytest.raises(Exception, match="403"):
        async with socket(url, {"cookie": look.headers["cookie"]}):
            pass


async def test_only_that_account_is_seen(
    client: httpx.AsyncClient, services: Services, world: tuple[World, dict[str, Person]]
) -> None:
    built, people = world
    look = await look_at(services, await make_staff(), people["affiliate"])
    other = {"chenu-account": gid("Account", people["buyer"].actor.account_id)}

    named = await client.get("/account", headers={**look.headers, **other})
    foreign = [
        await client.get(path, headers=look.headers)
        for path in (
            f"/creator/agents/{built.rows['draft']}",
            f"/creator/sales/{built.rows['sale']}",
            f"/library/{built.rows['grant']}/update",
            f"/decisions/{built.rows['decision']}",
        )
    ]

    assert named.status_code == 403
    assert {answer.status_code for answer in foreign} <= {403, 404}


async def sees(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    """Whether these cookies show a customer's account."""
    return "sees the pages of" in (await client.get("/account", headers=headers)).text


async def test_the_token_works_with_its_own_session_alone(
    client: httpx.AsyncClient, services: Services
) -> None:
    staff, customer = await make_staff(), await make_person("zoe")
    look = await look_at(services, staff, customer)
    elsewhere = await sign_in_again(staff.user_id, staff.email)
    view = f"; {_name(services)}={look.token}"
    own = session_headers(services, staff)["cookie"]

    cookies = {
        "another session": session_headers(services, elsewhere)["cookie"] + view,
        "a colleague": session_headers(services, await make_staff("other"))["cookie"] + view,
        "the customer": session_headers(services, customer)["cookie"] + view,
        "nobody": view[2:],
        "planted": f"{own}; {_name(services)}=planted",
        "the session's own": f"{own}; {_name(services)}={staff.token}",
        "no token": own,
    }

    assert await sees(client, look.headers)
    for name, cookie in cookies.items():
        assert not await sees(client, {"cookie": cookie, "accept-language": "en"}), name


async def test_nobody_looks_at_staff_nor_at_an_account_of_their_own(services: Services) -> None:
    staff, colleague = await make_staff(), await make_staff("colleague", Staff.REVIEWER)

    for person in (staff, colleague):
        account_id = person.actor.account_id
        assert account_id is not None
        with pytest.raises(InvalidState):
            await start_impersonation(staff.actor, account_id, "So.")

    assert await count("impersonation") == 0


@pytest.mark.parametrize("role", [Staff.REVIEWER, Staff.FINANCE, None], ids=str)
async def test_other_roles_cannot_begin(
    client: httpx.AsyncClient, services: Services, role: Staff | None
) -> None:
    person = await make_person("somebody", staff=(role,) if role else ())
    customer = await make_person("zoe")
    headers = session_headers(services, person)
    csrf = RequestContext(actor=person.actor).csrf_token(services.settings)
    path = f"/staff/customers/{customer.actor.account_id}/impersonate"

    answer = await client.post(path, data={"csrf_token": csrf, "reason": "So."}, headers=headers)

    assert answer.status_code == 403
    assert await count("impersonation") == 0


async def test_no_other_one_is_begun_from_within(
    client: httpx.AsyncClient, services: Services
) -> None:
    staff, customer = await make_staff(), await make_person("zoe")
    look = await look_at(services, staff, customer)
    another = await make_person("ali")
    path = f"/staff/customers/{another.actor.account_id}/impersonate"
    form = {"csrf_token": look.headers["x-csrf-token"], "reason": "Deeper."}

    answer = await client.post(path, data=form, headers=look.headers)
    with pytest.raises(Exception, match="Leave them first"):
        await start_impersonation(look.actor, AccountId(new_id()), "Deeper.")
    again = await look_at(services, staff, another)  # without the cookie: the first one ends

    assert answer.status_code == 403
    assert not await sees(client, look.headers)
    assert await sees(client, again.headers)
    assert await count("impersonation", "ended_at IS NULL") == 1


ENDS = {
    "the role is taken": "DELETE FROM staff_role WHERE member = $1",
    "signed out": "UPDATE user_session SET revoked_at = now() WHERE owner = $1",
    "the session is too old": "UPDATE user_session SET created_at = now() - interval '9 hours'"
    " WHERE owner = $1",
    "the customer joins the staff": "INSERT INTO staff_role (id, member, role)"
    " SELECT gen_random_uuid(), customer, 'REVIEWER' FROM impersonation WHERE staff = $1",
    "the account changes hands": "DELETE FROM membership WHERE member ="
    " (SELECT customer FROM impersonation WHERE staff = $1)",
    "its time is up": "UPDATE impersonation SET started_at = now() - interval '31 minutes',"
    " expires_at = now() - interval '1 minute' WHERE staff = $1",
}


@pytest.mark.parametrize("sql", ENDS.values(), ids=ENDS.keys())
async def test_it_ends_with_what_it_rests_on(
    client: httpx.AsyncClient, services: Services, sql: str
) -> None:
    staff = await make_staff()
    look = await look_at(services, staff, await make_person("zoe"))
    stale = {"csrf_token": look.headers["x-csrf-token"], "display_name": "Forged", "locale": "en"}
    assert await sees(client, look.headers)

    await db.execute(sql, staff.user_id)
    before = await fingerprint()
    old_form = await client.post("/account/profile", data=stale, headers=look.headers)

    assert not await sees(client, look.headers)
    assert old_form.status_code == 403 or "/sign-in" in old_form.headers["location"]
    assert await fingerprint() == before


async def test_a_time_that_is_up_goes_to_the_audit_trail_once(services: Services) -> None:
    staff = await make_staff()
    await look_at(services, staff, await make_person("zoe"))
    await end_overdue_impersonations()
    assert await count("audit_event", "action = 'impersonation.end'") == 0
    await db.execute(ENDS["its time is up"], staff.user_id)

    await end_overdue_impersonations()
    await end_overdue_impersonations()

    assert await count("audit_event", "action = 'impersonation.end' AND actor = $1", staff.user_id)
    assert await count("audit_event", "action = 'impersonation.end'") == 1


async def test_leaving_gives_the_staff_s_own_session_again(
    client: httpx.AsyncClient, services: Services
) -> None:
    staff, customer = await make_staff(), await make_person("zoe")
    look = await look_at(services, staff, customer)
    form = {"csrf_token": look.headers["x-csrf-token"]}

    forged = await client.post(LEAVE_PATH, data={"csrf_token": "x"}, headers=look.headers)
    left = await client.post(LEAVE_PATH, data=form, headers=look.headers)

    cookie: SimpleCookie = SimpleCookie(left.headers["set-cookie"])
    assert forged.status_code == 403
    assert left.headers["location"] == f"/staff/customers/{customer.actor.account_id}"
    assert (cookie[_name(services)].value, cookie[_name(services)]["max-age"]) == ("", "0")
    assert not await sees(client, look.headers)
    assert (await client.get("/staff/customers", headers=look.headers)).status_code == 200
    assert await count("audit_event", "action = 'impersonation.end' AND actor = $1", staff.user_id)


async def test_the_customer_s_password_cannot_be_tried(
    client: httpx.AsyncClient, services: Services
) -> None:
    look = await look_at(services, await make_staff(), await make_person("zoe"))
    form = {"csrf_token": look.headers["x-csrf-token"], "again_password": PASSWORD}

    left = await client.post(LEAVE_PATH, data=form, headers=look.headers)

    assert left.status_code == 303
    assert await count("attempt_window") == 0
    assert await count("user_session", "confirmed_at IS NOT NULL") == 0


async def test_a_session_that_is_revoked_elsewhere_ends_it(
    client: httpx.AsyncClient, services: Services
) -> None:
    staff = await make_staff()
    look = await look_at(services, staff, await make_person("zoe"))
    assert staff.actor.session_id is not None

    await revoke_session(staff.user_id, staff.actor.session_id)

    answer = await client.get("/account", headers=look.headers)
    assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in")


async def test_an_affiliate_s_link_counts_no_click_of_the_customer(
    client: httpx.AsyncClient, services: Services, world: tuple[World, dict[str, Person]]
) -> None:
    look = await look_at(services, await make_staff(), world[1]["buyer"])
    code = await db.fetch_value("SELECT code FROM affiliate LIMIT 1")
    before = await fingerprint()

    answer = await client.get(f"/agents?ref={code}", headers=look.headers)

    assert answer.status_code == 200
    assert "chenu_ref" not in answer.headers.get("set-cookie", "")
    assert await fingerprint() == before


async def test_begin_end_and_each_page_are_recorded(
    client: httpx.AsyncClient, services: Services
) -> None:
    staff, customer = await make_staff(), await make_person("zoe")
    look = await look_at(services, staff, customer)

    for path in ("/account", "/library", "/account/security"):
        await client.get(path, headers=look.headers)

    recorded = "action = $1 AND actor = $2 AND account_id = $3"
    account = customer.actor.account_id
    pages = await count("audit_event", recorded, "impersonation.page", staff.user_id, account)
    assert pages == 2  # the third one is closed
    begun = "action = 'impersonation.start' AND by_staff AND detail->>'reason' LIKE 'They asked%'"
    assert await count("audit_event", f"{begun} AND actor = $1", staff.user_id) == 1
