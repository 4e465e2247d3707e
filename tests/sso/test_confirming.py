"""Somebody who is signed in proves at their provider that it is still them."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import Actor, Impersonator
from chenu.accounts.confirmation import is_fresh, require_confirmed
from chenu.accounts.errors import SignInAgain
from chenu.accounts.sessions import find_actor
from chenu.core.clock import system_now
from chenu.core.errors import Forbidden, NotFound
from chenu.flows.services import Services
from chenu.flows.sso.confirming import Confirmed, begin_confirming, find_provider_way
from chenu.flows.sso.joining import SignedIn
from chenu.flows.sso.signing_in import Outcome, finish_sign_in
from chenu.flows.sso.switching import switch_off
from chenu.sso.connections import ConnectionRow
from chenu.sso.errors import SsoRefused
from chenu.sso.model import Refusal
from tests.people import Person, make_person
from tests.rows import count, put
from tests.sso.provider_side import HOME, ProviderSide, sign_in_by
from tests.sso.test_sign_in import open_acme

OLD = timedelta(minutes=31)


async def enter(services: Services, side: ProviderSide, connection: ConnectionRow) -> Actor:
    """Somebody who came by the provider, and has been here for a while."""
    outcome = await sign_in_by(services, side, connection.id)
    assert isinstance(outcome.result, SignedIn)
    actor = await find_actor(outcome.result.session.token, HOME.ip)
    assert actor is not None
    await put("user_session", "created_at", system_now() - OLD, "id = $2", actor.session_id)
    return actor


async def confirm(
    services: Services, side: ProviderSide, connection: ConnectionRow, actor: Actor
) -> Outcome:
    sent = await begin_confirming(services, actor, next_path="/tokens")
    answered = side.visit(sent.url)
    return await finish_sign_in(services, actor, connection.id, answered, HOME, sent.browser)


async def test_the_provider_asks_anew_and_the_session_is_as_just_begun(services: Services) -> None:
    services, side, _, connection = await open_acme(services)
    actor = await enter(services, side, connection)
    sessions = await count("user_session")
    with pytest.raises(SignInAgain):
        await require_confirmed(actor, None)  # there is no password to be entered
    sent = await begin_confirming(services, actor)
    asked = parse_qs(urlsplit(sent.url).query)
    side.claims = {"auth_time": int(system_now().timestamp())}

    outcome = await confirm(services, side, connection, actor)

    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    assert asked["login_hint"] == ["hugo@acme.fr"]
    assert (outcome.result, outcome.next_path) == (Confirmed(), "/tokens")
    assert await is_fresh(actor)
    await require_confirmed(actor, None)
    assert await count("user_session") == sessions
    assert await count("audit_event", "action = 'sso.confirm' AND actor = $1", actor.user_id) == 1


async def test_a_provider_that_does_not_say_when_it_asked_is_believed(services: Services) -> None:
    services, side, _, connection = await open_acme(services)
    actor = await enter(services, side, connection)

    await confirm(services, side, connection, actor)

    assert await is_fresh(actor)


def _a_minute_ago() -> object:
    return system_now().timestamp() - 90


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"auth_time": _a_minute_ago}, Refusal.NOT_ASKED_ANEW),
        ({"auth_time": lambda: "now"}, Refusal.NOT_ASKED_ANEW),
        ({"auth_time": lambda: True}, Refusal.NOT_ASKED_ANEW),
        ({"sub": lambda: "u-2"}, Refusal.OTHER_MEMBER),
        ({"email": lambda: "hugo@other.fr"}, Refusal.DOMAIN_FOREIGN),
    ],
)
async def test_what_proves_nothing_leaves_the_session_as_it_was(
    services: Services, said: dict[str, Callable[[], object]], refusal: Refusal
) -> None:
    services, side, _, connection = await open_acme(services)
    actor = await enter(services, side, connection)
    side.claims = {name: value() for name, value in said.items()}

    with pytest.raises(SsoRefused) as refused:
        await confirm(services, side, connection, actor)

    assert refused.value.refusal is refusal
    assert not await is_fresh(actor)


async def test_only_who_began_finishes_it_and_for_themselves(services: Services) -> None:
    services, side, owner, connection = await open_acme(services)
    actor = await enter(services, side, connection)
    staff = Impersonator(owner.user_id, "Elsa", "Hugo", system_now() + OLD)
    looking = replace(actor, impersonator=staff)

    for other in (Actor(), owner.actor):
        sent = await begin_confirming(services, actor)
        answered = side.visit(sent.url)
        with pytest.raises(SsoRefused) as refused:
            await finish_sign_in(services, other, connection.id, answered, HOME, sent.browser)
        assert refused.value.refusal is Refusal.OTHER_MEMBER
    with pytest.raises(Forbidden):
        await begin_confirming(services, looking)
    assert await count("user_session", "confirmed_at IS NOT NULL") == 0


async def test_who_has_no_provider_is_sent_nowhere(services: Services) -> None:
    services, side, owner, connection = await open_acme(services)
    actor = await enter(services, side, connection)
    stranger: Person = await make_person("zoe")
    with pytest.raises(NotFound):
        await begin_confirming(services, stranger.actor)
    assert await find_provider_way(actor) is not None

    await switch_off(owner.actor, connection.id)

    assert await find_provider_way(actor) is None
