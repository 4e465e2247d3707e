"""A SAML provider signs people in as an OIDC one does: whatever it proves goes the same way."""

import base64
from datetime import datetime, timedelta

import defusedxml.ElementTree as ElementTree
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, Actor
from chenu.accounts.confirmation import is_fresh
from chenu.accounts.members import find_role
from chenu.accounts.sessions import find_actor
from chenu.core.clock import system_now
from chenu.core.errors import Forbidden, Invalid
from chenu.flows.services import Services
from chenu.flows.sso.confirming import begin_confirming
from chenu.flows.sso.joining import SignedIn
from chenu.flows.sso.oidc import Answered, SentAway
from chenu.flows.sso.saml import audience_of, consumer_url, describe_us
from chenu.flows.sso.saml_setup import SamlInput, change_saml, create_saml
from chenu.flows.sso.setup import RoleTable
from chenu.flows.sso.signing_in import Outcome, begin_sign_in, finish_sign_in
from chenu.flows.sso.switching import switch_on
from chenu.flows.sso.trials import Tried, begin_trial
from chenu.saml.assertions import Expectation, VerifiedAssertion
from chenu.saml.verification import verify
from chenu.saml.verifier import SamlVerifier
from chenu.sso.connections import ConnectionRow, get_connection, set_state
from chenu.sso.errors import SsoRefused
from chenu.sso.model import ConnectionState, Refusal
from chenu.tiers.catalogue import TierCode
from tests.people import Person, make_member, make_person
from tests.programs import find_program
from tests.rows import count, put
from tests.saml.metadata import write_provider_metadata
from tests.saml.provider import Key, Said, make_key, read_request, respond
from tests.sso.provider_side import HOME, prove_domain

TABLE = RoleTable("MEMBER", "groups", {"chenu-billing": "BILLING"})


class InThisProcess(SamlVerifier):
    """A process each takes a second; tests/saml starts real ones."""

    async def verify(self, response: bytes, expected: Expectation) -> VerifiedAssertion:
        return verify(response, expected)


@pytest.fixture(scope="module")
def key() -> Key:
    find_program("xmlsec1")
    return make_key(until=system_now() + timedelta(days=300))


@pytest.fixture
def there(services: Services) -> Services:
    return replace(services, saml=InThisProcess())


async def open_acme(key: Key, *, is_on: bool = True) -> tuple[Person, ConnectionRow]:
    owner = await make_person("elsa", TierCode.ENTERPRISE)
    await prove_domain(owner.actor)
    data = SamlInput("Acme", write_provider_metadata(key), TABLE)
    connection = await create_saml(owner.actor, data)
    if is_on:
        await set_state(connection.id, ConnectionState.TRIED)
        connection = await switch_on(owner.actor, connection.id)
    return owner, connection


def answer(
    services: Services, connection: ConnectionRow, sent: SentAway, key: Key, **changes: object
) -> Answered:
    """What the provider's form posts for the request that it was sent."""
    request, state = read_request(sent.url)
    now = system_now()
    said = Said(
        subject="u-1",
        mail="hugo@acme.fr",
        audience=audience_of(services, connection.id),
        destination=consumer_url(services, connection.id),
        recipient=consumer_url(services, connection.id),
        in_response_to=request.get("ID"),
        confirmed_request=request.get("ID"),
        begins_at=now,
        asked_at=now,
        ends_at=now + timedelta(minutes=5),
    )
    posted = base64.b64encode(respond(key, said, **changes)).decode()
    return Answered(state, saml_response=posted)


async def finish(
    services: Services, connection: ConnectionRow, sent: SentAway, answered: Answered
) -> Outcome:
    return await finish_sign_in(services, Actor(), connection.id, answered, HOME, sent.browser)


async def test_the_first_sign_in_makes_the_member_with_the_role_of_the_table(
    there: Services, key: Key
) -> None:
    owner, connection = await open_acme(key)
    sent = await begin_sign_in(there, connection.id, HOME, next_path="/tokens")

    outcome = await finish(there, connection, sent, answer(there, connection, sent, key))

    assert isinstance(outcome.result, SignedIn)
    assert outcome.next_path == "/tokens"
    actor = await find_actor(outcome.result.session.token, "127.0.0.1")
    assert actor is not None
    assert actor.account_id == owner.actor.account_id
    assert actor.account_id is not None
    assert await find_role(actor.account_id, actor.require_user()) is AccountRole.BILLING


async def test_an_answer_counts_once_and_for_its_own_request(there: Services, key: Key) -> None:
    _owner, connection = await open_acme(key)
    first = await begin_sign_in(there, connection.id, HOME)
    second = await begin_sign_in(there, connection.id, HOME, cookie=first.browser)
    good = answer(there, connection, first, key)
    await finish(there, connection, first, good)
    moved = replace(good, state=answer(there, connection, second, key).state)

    with pytest.raises(SsoRefused) as again:
        await finish(there, connection, first, good)
    with pytest.raises(SsoRefused) as other:
        await finish(there, connection, second, moved)

    assert again.value.refusal is Refusal.STATE_USED
    assert other.value.refusal is Refusal.NONCE_WRONG
    assert await count("audit_event", "action = 'sso.refused'") == 2


async def test_who_signs_in_again_is_asked_anew(there: Services, key: Key) -> None:
    _owner, connection = await open_acme(key)
    sent = await begin_sign_in(there, connection.id, HOME)
    entered = await finish(there, connection, sent, answer(there, connection, sent, key))
    assert isinstance(entered.result, SignedIn)
    actor = await find_actor(entered.result.session.token, HOME.ip)
    assert actor is not None
    await put("user_session", "created_at", system_now() - timedelta(hours=1))

    async def confirm(asked_at: datetime) -> Outcome:
        sent = await begin_confirming(there, actor)
        assert read_request(sent.url)[0].get("ForceAuthn") == "true"
        answered = answer(there, connection, sent, key, asked_at=asked_at)
        return await finish_sign_in(there, actor, connection.id, answered, HOME, sent.browser)

    with pytest.raises(SsoRefused) as refused:
        await confirm(system_now() - timedelta(seconds=90))
    assert refused.value.refusal is Refusal.NOT_ASKED_ANEW
    assert not await is_fresh(actor)
    await confirm(system_now())
    assert await is_fresh(actor)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"signs_assertion": False}, Refusal.SIGNATURE_WRONG),
        ({"audience": "https://other.example"}, Refusal.AUDIENCE_WRONG),
        ({"mail": "hugo@other.fr"}, Refusal.DOMAIN_FOREIGN),
        ({"mail": "no mailbox"}, Refusal.EMAIL_MISSING),
        ({"status": "AuthnFailed"}, Refusal.PROVIDER_REFUSED),
        ({"subject": "x" * 300}, Refusal.SUBJECT_MISSING),
    ],
)
async def test_what_proves_nothing_signs_nobody_in(
    there: Services, key: Key, changes: dict[str, object], refusal: Refusal
) -> None:
    _owner, connection = await open_acme(key)
    sent = await begin_sign_in(there, connection.id, HOME)
    sessions = await count("user_session")

    with pytest.raises(SsoRefused) as refused:
        await finish(there, connection, sent, answer(there, connection, sent, key, **changes))

    assert refused.value.refusal is refusal
    assert await count("user_session") == sessions


async def test_the_owner_tries_a_connection_before_it_is_on(there: Services, key: Key) -> None:
    owner, connection = await open_acme(key, is_on=False)
    sent = await begin_trial(there, owner.actor, connection.id)

    outcome = await finish_sign_in(
        there,
        owner.actor,
        connection.id,
        answer(there, connection, sent, key),
        HOME,
        sent.browser,
    )

    assert isinstance(outcome.result, Tried)
    account_id = owner.actor.account_id
    assert account_id is not None
    assert (await get_connection(account_id, connection.id)).state is ConnectionState.TRIED


async def test_new_certificates_count_at_once_and_another_provider_is_tried_again(
    there: Services, key: Key
) -> None:
    owner, connection = await open_acme(key)
    next_key = make_key(until=system_now() + timedelta(days=300))
    both = SamlInput("Acme", write_provider_metadata(key, next_key), TABLE)
    changed = await change_saml(owner.actor, connection.id, both)
    sent = await begin_sign_in(there, connection.id, HOME)
    outcome = await finish(there, connection, sent, answer(there, connection, sent, next_key))
    other = SamlInput("Acme", write_provider_metadata(key, provider="https://b.example"), TABLE)

    moved = await change_saml(owner.actor, connection.id, other)

    assert isinstance(outcome.result, SignedIn)
    assert (changed.state, moved.state) == (ConnectionState.ON, ConnectionState.DRAFT)


async def test_what_is_no_metadata_and_who_is_not_the_owner_are_refused(
    services: Services, key: Key
) -> None:
    owner = await make_person("elsa", TierCode.ENTERPRISE)
    member = await make_member(owner, "mia", AccountRole.MEMBER)

    with pytest.raises(Invalid) as refused:
        await create_saml(owner.actor, SamlInput("Acme", "hello"))
    with pytest.raises(Forbidden):
        await create_saml(member.actor, SamlInput("Acme", write_provider_metadata(key)))

    assert refused.value.path == ("metadata",)
    assert await count("sso_connection") == 0


async def test_our_metadata_names_what_an_answer_must_name(there: Services, key: Key) -> None:
    _owner, connection = await open_acme(key, is_on=False)

    written = ElementTree.fromstring(describe_us(there, connection.id))

    assert written.get("entityID") == audience_of(there, connection.id)
