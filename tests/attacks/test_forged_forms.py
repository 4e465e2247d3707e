"""A4: every form of the storefront, forged in six ways, and links that must change nothing.

tests/storefront/test_access.py forges empty forms about nothing; here each would change something,
as the control at the end shows. tests/api/test_csrf.py does the same for every mutation.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from chenu.accounts.sessions import revoke_session
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from tests.attacks.cast import Cast, gather_cast
from tests.attacks.forms import Filled, filled_forms
from tests.attacks.pages import ROUTES, WRITES, Route, csrf_of, session_headers
from tests.attacks.world import World, build_world
from tests.people import Person, sign_in_again
from tests.rows import count, fingerprint, put

FORM = {"content-type": "application/x-www-form-urlencoded"}
EVIL = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}


@dataclass(frozen=True)
class Target:
    """A form that the owner's browser could be made to send."""

    route: Route
    url: str
    fields: dict[str, str]
    cookie: dict[str, str]
    token: str


class Forger:
    """Another site, or somebody with an old page; `others` and `stale` are the tokens they have."""

    def __init__(self, http: httpx.AsyncClient, others: str, stale: dict[str, str]) -> None:
        self._http = http
        self._others = others
        self._stale = stale

    async def send(self, target: Target, owner: str) -> dict[str, int]:
        right = {"csrf_token": target.token}
        return {
            "no token": await self._post(target, {}),
            "another user's token": await self._post(target, {"csrf_token": self._others}),
            "a stale token": await self._post(target, {"csrf_token": self._stale[owner]}),
            "from another site": await self._post(target, right, EVIL),
            "as plain text": await self._post(target, right, {"content-type": "text/plain"}),
            **await self._override(target, right),
        }

    async def _post(
        self, target: Target, token: dict[str, str], more: dict[str, str] | None = None
    ) -> int:
        body = urlencode({**target.fields, **token})
        headers = {**FORM, **target.cookie, **(more or {})}
        return (await self._http.post(target.url, content=body, headers=headers)).status_code

    async def _override(self, target: Target, token: dict[str, str]) -> dict[str, int]:
        """Another method that claims to be a POST, with a valid token: never a server's error."""
        sent = {**target.fields, **token, "_method": "POST"}
        headers = {**target.cookie, "x-http-method-override": "POST", "x-method-override": "POST"}
        found = {}
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
            answer = await self._http.request(method, target.url, params=sent, headers=headers)
            found[f"as {method}"] = answer.status_code
        return found


def _is_refused(name: str, status: int) -> bool:
    if name in ("as GET", "as HEAD"):  # a page, or no such page; that no row moved is the point
        return status < 500
    return status == (405 if name.startswith("as ") and name != "as plain text" else 403)


async def _hand_in(world: World) -> str:
    """Puts the draft into review again, for the reviewer's form."""
    moment = system_now()
    await put("agent", "submitted_at", moment, "id = $2", world.rows["draft"])
    return moment.isoformat()


async def _find_target(
    services: Services, route: Route, world: World, filled: Filled, person: Person
) -> Target:
    return Target(
        route,
        route.url(world),
        dict(filled.fields),
        session_headers(services, person),
        csrf_of(services, person),
    )


async def _stale_tokens(services: Services, cast: Cast) -> dict[str, str]:
    """Of sessions that the same people have ended."""
    tokens = {}
    for caller in cast.people:
        assert caller.person is not None
        old = await sign_in_again(caller.person.user_id, caller.person.email)
        tokens[caller.name] = csrf_of(services, old)
        assert old.actor.session_id is not None
        await revoke_session(old.user_id, old.actor.session_id)
    return tokens


async def test_no_forged_form_changes_anything(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    forms = filled_forms(world, await _hand_in(world))
    stranger = cast.named("admin").person
    assert stranger is not None
    forger = Forger(client, csrf_of(services, stranger), await _stale_tokens(services, cast))
    before, passed = await fingerprint(), []

    for route in WRITES:
        filled = forms[route.path]
        person = cast.named(filled.by).person
        assert person is not None
        target = await _find_target(services, route, world, filled, person)
        answers = await forger.send(target, filled.by)
        passed += [
            f"{route}: {name} is {status}"
            for name, status in answers.items()
            if not _is_refused(name, status)
        ]

    assert set(forms) == {route.path for route in WRITES}
    assert passed == []
    after = await fingerprint()
    assert {table for table in after if after[table] != before[table]} == set()


async def test_the_same_forms_work_when_their_owners_send_them(
    client: httpx.AsyncClient, services: Services
) -> None:
    """A control, without which the forgeries above would prove nothing."""
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    forms = filled_forms(world, await _hand_in(world))
    still, refused = [], []

    for path, filled in forms.items():
        if path.endswith("/decide"):
            await put("agent", "submitted_at", system_now(), "id = $2", world.rows["draft"])
            moment = await db.fetch_value(
                "SELECT submitted_at FROM agent WHERE id = $1", world.rows["draft"]
            )
            filled = Filled(filled.by, {**filled.fields, "seen_at": moment.isoformat()})
        person = cast.named(filled.by).person
        assert person is not None
        person = await sign_in_again(person.user_id, person.email)
        route = Route("POST", path, None)
        target = await _find_target(services, route, world, filled, person)
        before = await fingerprint()
        sent = {**target.fields, "csrf_token": target.token}
        answer = await client.post(target.url, data=sent, headers=target.cookie)
        fine: tuple[int, ...] = (200, 303, 422) if filled.moves else (200, 303, 402, 409, 422)
        if path in ("/account/plan/cancel", "/account/plan/card", "/account/plan/change"):
            fine = (402,)  # Stripe does not have the plan, which is made up
        if answer.status_code not in fine:
            refused.append(f"{path}: {answer.status_code}")
        if filled.moves and await fingerprint() == before:
            still.append(f"{path}: {answer.status_code}")

    assert refused == []
    assert still == []


async def test_no_link_of_another_site_changes_anything(
    client: httpx.AsyncClient, services: Services
) -> None:
    """Every page, opened by a link of another site, by the people with most to lose."""
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    before, broken = await fingerprint(), []
    # Both say that a page was opened, and are all that its opening leaves: nothing is decided by
    # them, and without them nobody could see later who was shown a customer, or that somebody
    # tries answers of a provider that began no sign-in. What they say is looked at below.
    others = "action NOT IN ('sso.refused', 'staff.read')"
    recorded = await count("audit_event", others)

    for name in ("buyer", "creator", "reviewer"):
        person = cast.named(name).person
        assert person is not None
        for route in ROUTES:
            if route.method == "GET":
                headers = {**session_headers(services, person), **EVIL}
                answer = await client.get(route.url(world), headers=headers)
                broken += [str(route)] if answer.status_code >= 500 else []

    after = await fingerprint()
    del before["connect_account"], after["connect_account"]  # Stripe's current state is stored
    del before["roi_view"], after["roi_view"]  # that the page was shown, which it was
    del before["audit_event"], after["audit_event"]
    assert await count("audit_event", others) == recorded
    await _require_only_looks(cast)
    assert broken == []
    assert {table for table in after if after[table] != before[table]} == set()


async def _require_only_looks(cast: Cast) -> None:
    """Staff alone saw customers, and refused answers name nobody who would have acted."""
    reviewer = cast.named("reviewer").person
    assert reviewer is not None
    by_others = "action = 'staff.read' AND actor IS DISTINCT FROM $1"
    assert await count("audit_event", by_others, reviewer.user_id) == 0
    assert await count("audit_event", "action = 'sso.refused' AND actor IS NOT NULL") == 0
