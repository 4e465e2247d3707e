"""SAML over HTTP, as a browser goes: the provider's page posts, without our cookies."""

from datetime import timedelta
from uuid import UUID

import defusedxml.ElementTree as ElementTree
import pytest

from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.flows.sso.oidc import Answered, SentAway
from chenu.sso.connections import find_connection
from chenu.sso.model import ConnectionId
from tests.people import Person
from tests.programs import find_program
from tests.rows import count
from tests.saml.metadata import write_provider_metadata
from tests.saml.provider import Key, make_key
from tests.sso.provider_side import prove_domain
from tests.sso.test_saml import InThisProcess, answer
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import OpenBrowser
from tests.storefront.test_single_sign_on import HOME, make_owner

ELSEWHERE = {"origin": "https://idp.example", "sec-fetch-site": "cross-site"}


@pytest.fixture(scope="module")
def key() -> Key:
    find_program("xmlsec1")
    return make_key(until=system_now() + timedelta(days=300))


@pytest.fixture(autouse=True)
def verifier(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.saml, "verify", InThisProcess().verify)


async def set_up(browser: Browser, owner: Person, key: Key) -> str:
    """Returns the page of the connection."""
    await prove_domain(owner.actor)
    typed = {"name": "Acme", "metadata": write_provider_metadata(key)}
    typed |= {"role_claim": "groups", "roles": "chenu-billing = billing"}
    sent = await browser.submit(await browser.get(HOME), f"{HOME}/saml", typed)
    assert sent.status == 303
    return sent.location.partition("?")[0]


def _way(page: str) -> str:
    return f"/sign-in/provider/{page.rpartition('/')[2]}"


async def write_answer(
    services: Services, page: str, sent: Seen, key: Key, **changes: object
) -> Answered:
    connection = await find_connection(ConnectionId(UUID(page.rpartition("/")[2])))
    assert connection is not None
    return answer(services, connection, SentAway(sent.location, ""), key, **changes)


async def post(open_browser: OpenBrowser, page: str, answered: Answered) -> Seen:
    provider = await open_browser()
    fields = {"RelayState": answered.state, "SAMLResponse": answered.saml_response}
    return await provider.post(f"{_way(page)}/saml", fields, **ELSEWHERE)


async def test_a_provider_is_entered_tried_and_signs_people_in(
    open_browser: OpenBrowser, services: Services, key: Key
) -> None:
    person = await make_owner()
    owner = (await open_browser()).become(person)
    page = await set_up(owner, person, key)
    sent = await owner.get(f"{page}/try")
    mine = await write_answer(services, page, sent, key, subject="boss", mail="elsa@acme.fr")
    tried = await owner.get((await post(open_browser, page, mine)).location)
    assert "connection-tried" in tried.location
    await owner.submit(await owner.get(page), f"{page}/on")

    visitor = await open_browser()
    begun = await visitor.get("/sign-in?next=/tokens")
    on_the_way = await visitor.submit(begun, "/sign-in", {"email": "hugo@acme.fr"})
    [way] = [link for link in on_the_way.links() if link.startswith("/sign-in/provider/")]
    answered = await write_answer(services, page, await visitor.get(way), key)
    posted = await post(open_browser, page, answered)
    sessions = await count("user_session")
    entered = await visitor.get(posted.location)

    assert await count("user_session") == sessions + 1
    assert (entered.status, entered.location) == (303, "/tokens")
    assert "Elsa" in (await visitor.get("/account/members")).words
    assert await count("membership", "role = 'BILLING'") == 1
    again = await visitor.get(posted.location)
    assert "STATE_USED" in again.words


async def test_an_answer_is_worth_nothing_in_another_browser_or_without_a_sign_in(
    open_browser: OpenBrowser, services: Services, key: Key
) -> None:
    person = await make_owner()
    page = await set_up((await open_browser()).become(person), person, key)
    await db.execute("UPDATE sso_connection SET state = 'ON'")
    victim, thief = await open_browser(), await open_browser()
    good = await write_answer(services, page, await thief.get(_way(page)), key)
    sessions = await count("user_session")

    forced = await victim.get((await post(open_browser, page, good)).location)
    unknown = await post(open_browser, page, Answered("x", saml_response=good.saml_response))
    missing = await post(open_browser, page, Answered("", saml_response=good.saml_response))
    long = await post(open_browser, page, Answered(good.state, saml_response="A" * 400_000))
    empty = await thief.get(f"{_way(page)}/saml?RelayState={good.state}")

    refused = (forced, unknown, missing, long, empty)
    codes = ("OTHER_BROWSER", "STATE_UNKNOWN", "STATE_UNKNOWN", "TOKEN_MISSING", "STATE_USED")
    for seen, code in zip(refused, codes, strict=True):
        assert code in seen.words
        assert "/sign-in" in seen.links()
    assert await count("user_session") == sessions
    assert (await post(open_browser, "/0190b7a5-0000-7000-8000-000000000000", good)).status == 404


async def test_metadata_that_cannot_be_read_is_said_beside_its_field_and_new_keys_count(
    open_browser: OpenBrowser, services: Services, key: Key
) -> None:
    person = await make_owner()
    owner = (await open_browser()).become(person)
    page = await set_up(owner, person, key)
    bad = await owner.submit(await owner.get(HOME), f"{HOME}/saml", {"name": "B", "metadata": "x"})
    worse = await owner.submit(await owner.get(page), f"{page}/saml", {"metadata": "<x/>"})
    both = write_provider_metadata(key, make_key(until=system_now() + timedelta(days=99)))
    saved = await owner.submit(await owner.get(page), f"{page}/saml", {"metadata": both})
    ours = await owner.client.get(f"{_way(page)}/metadata")

    assert (bad.status, worse.status, saved.status) == (422, 422, 303)
    assert ("metadata", "x") in bad.form(f"{HOME}/saml").fields
    assert await count("sso_connection", "metadata = $1", both) == 1
    assert ElementTree.fromstring(ours.content).get("entityID") == str(ours.url)
