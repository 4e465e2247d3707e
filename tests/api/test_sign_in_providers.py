"""Providers over GraphQL: entered, changed and removed as on the page of single sign-on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chenu.accounts.members import hand_over
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import InvalidState
from chenu.flows.services import Services
from chenu.flows.sso.switching import require_provider
from chenu.sso.connections import get_connection, open_client_secret
from chenu.sso.model import ConnectionId
from chenu.tiers.catalogue import TierCode
from chenu.webhooks.client import Answer, WebhookClient
from chenu.webhooks.model import AttemptError
from tests.api.calls import Api, as_session, gid
from tests.people import PASSWORD, Person, make_person
from tests.programs import find_program
from tests.rows import count
from tests.saml.metadata import write_provider_metadata
from tests.saml.provider import Key, make_key
from tests.sso.provider_side import (
    ISSUER,
    ProviderSide,
    make_connection,
    prove_domain,
    sign_in_by,
)

PUBLISHED = "https://idp.example/metadata.xml"


@dataclass
class Publisher(WebhookClient):
    """Answers for whatever it is asked, and remembers the urls."""

    answer: Answer

    def __post_init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append(url)
        return self.answer


@pytest.fixture
async def owner() -> Person:
    person = await make_person("elsa", TierCode.ENTERPRISE)
    await prove_domain(person.actor)
    return person


@pytest.fixture
def side(services: Services, monkeypatch: pytest.MonkeyPatch) -> ProviderSide:
    found = ProviderSide()
    monkeypatch.setattr(services.providers, "http", found)
    services.providers._keys.clear()
    services.providers._metadata.clear()
    return found


@pytest.fixture
def api(client: httpx.AsyncClient, services: Services, owner: Person) -> Api:
    return as_session(client, services, owner)


def _saml(**changes: Any) -> dict[str, Any]:
    find_program("xmlsec1")
    return {"name": "Acme", "roleClaim": "groups", **changes}


def _metadata(*keys: Key) -> str:
    return write_provider_metadata(*(keys or (make_key(until=_later()),)))


def _later() -> Any:
    return system_now() + timedelta(days=300)


async def test_what_is_null_stays_and_another_issuer_needs_its_own_secret(
    services: Services, owner: Person, side: ProviderSide, api: Api
) -> None:
    connection = await make_connection(services, owner)
    provider = gid("SignInProvider", connection.id)
    other = {"id": provider, "issuer": "https://other.fr"}

    renamed = (await api.run("UpdateSignInProvider", input={"id": provider, "name": "Ici"})).data
    refused = await api.run("UpdateSignInProvider", input=other)
    side.issuer = "https://other.fr"
    groups = [{"group": "zebra", "role": "BILLING"}, {"group": "a", "role": "MEMBER"}]
    more = {"clientSecret": "theirs", "roleClaim": "groups", "groupRoles": groups}
    moved = (await api.run("UpdateSignInProvider", input={**other, **more})).payload()

    changed = renamed["signInProviderUpdate"]["signInProvider"]
    assert (changed["name"], changed["issuer"], changed["state"]) == ("Ici", ISSUER, "ON")
    assert changed["trialUrl"].endswith(f"/account/sign-in/connections/{connection.id}/try")
    assert refused.refusals() == [("INVALID", ["input", "clientSecret"])]
    found = moved["signInProvider"]
    assert (found["issuer"], found["state"], found["name"]) == ("https://other.fr", "DRAFT", "Ici")
    key = services.settings.secret
    assert await open_client_secret(connection.id, key) == "theirs"


async def test_a_saml_provider_is_entered_by_where_it_publishes_itself(
    services: Services, owner: Person, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_key(until=_later()), make_key(until=_later())
    published = Publisher(Answer(200, AttemptError.NONE, body=_metadata(first).encode()))
    monkeypatch.setattr(services.providers, "http", published)

    made = (await api.run("CreateSamlProvider", input=_saml(metadata=PUBLISHED))).payload()
    found = made["signInProvider"]
    await db.execute("UPDATE sso_connection SET state = 'ON'")
    rotated = {"id": found["id"], "metadata": _metadata(first, second)}
    changed = (await api.run("UpdateSamlProvider", input=rotated)).payload()["signInProvider"]
    named = {"id": found["id"], "name": "Acme SA"}
    renamed = (await api.run("UpdateSamlProvider", input=named)).payload()["signInProvider"]
    wrong_kind = await api.run("UpdateSignInProvider", input=named)

    assert published.asked == [PUBLISHED]
    assert (found["kind"], found["state"], found["clientId"]) == ("SAML", "DRAFT", "")
    assert found["entityId"].endswith("/metadata")
    assert (changed["state"], changed["roleClaim"]) == ("ON", "groups")
    assert (renamed["state"], renamed["name"]) == ("ON", "Acme SA")
    assert wrong_kind.refusals()[0][0] == "INVALID_STATE"
    stored: str = await db.fetch_value("SELECT metadata FROM sso_connection")
    assert stored.count("X509Certificate>") == 4


@pytest.mark.parametrize(
    ("metadata", "answer"),
    [
        ("https://127.0.0.1/x", None),
        ("http://idp.example/x", None),
        (PUBLISHED, Answer(404, AttemptError.NONE)),
        (PUBLISHED, Answer(None, AttemptError.TARGET_REFUSED)),
        (PUBLISHED, Answer(200, AttemptError.NONE, body=b"<html>")),
        ("hello", None),
    ],
)
async def test_what_is_no_metadata_is_refused_by_its_field(
    services: Services,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    metadata: str,
    answer: Answer | None,
) -> None:
    published = Publisher(answer or Answer(None, AttemptError.CONNECTION_FAILED))
    monkeypatch.setattr(services.providers, "http", published)

    refused = await api.run("CreateSamlProvider", input=_saml(metadata=metadata))

    assert refused.refusals() == [("INVALID", ["input", "metadata"])]
    assert len(published.asked) == (answer is not None)
    assert await count("sso_connection") == 0


async def test_nobody_without_the_plan_has_a_url_asked_for(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = Publisher(Answer(200, AttemptError.NONE))
    monkeypatch.setattr(services.providers, "http", published)
    small = as_session(client, services, await make_person("sam", TierCode.BUSINESS))

    refused = await small.run("CreateSamlProvider", input=_saml(metadata=PUBLISHED))

    assert refused.refusals() == [("PLAN_REQUIRED", None)]
    assert published.asked == []


async def test_a_required_provider_is_not_removed_and_says_who_would_lose_their_way(
    services: Services, owner: Person, side: ProviderSide, api: Api
) -> None:
    connection = await make_connection(services, owner)
    await sign_in_by(services, side, connection.id)
    provider = gid("SignInProvider", connection.id)
    required = {"id": provider, "mode": "REQUIRED"}
    await api.run("ChooseSignInProviderMode", input=required)

    refused = await api.run("RemoveSignInProvider", id=provider)
    listed = (await api.run("SingleSignOn")).data["viewer"]["account"]["signInProviders"]
    await api.run("ChooseSignInProviderMode", input={**required, "mode": "OFF"})
    removed = (await api.run("RemoveSignInProvider", id=provider)).payload()

    assert refused.refusals() == [("INVALID_STATE", None)]
    assert listed[0]["people"] == {"count": 1, "withoutPassword": 1}
    assert removed["removedId"] == provider
    assert await count("sso_connection") == await count("sso_identity") == 0
    assert await count("membership", "role = 'MEMBER'") == 1


async def test_an_owner_without_a_password_is_no_way_in_for_the_day_the_provider_is_away(
    services: Services, owner: Person, side: ProviderSide
) -> None:
    connection = await make_connection(services, owner)
    await sign_in_by(services, side, connection.id)
    hugo = await db.fetch_value("SELECT id FROM app_user WHERE email = 'hugo@acme.fr'")
    with pytest.raises(InvalidState, match="no password yet"):
        await hand_over(owner.actor, hugo, PASSWORD)
    await db.execute("UPDATE app_user SET password_hash = '' WHERE id = $1", owner.user_id)

    with pytest.raises(InvalidState, match="You have no password"):
        await require_provider(owner.actor, connection.id)

    account_id = owner.actor.account_id
    assert account_id is not None
    found = await get_connection(account_id, ConnectionId(connection.id))
    assert not found.is_required
