"""Who signs in by a provider becomes a member, within the seats, with the role of the table."""

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, Actor
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.members import find_role, list_members
from chenu.accounts.second_factor import NO_CODE
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import Browser, find_user_by_email, sign_in
from chenu.core import db
from chenu.core.errors import Invalid, InvalidState
from chenu.flows.services import Services
from chenu.flows.sso.availability import find_connection_for
from chenu.flows.sso.joining import LinkMailed, SignedIn
from chenu.flows.sso.passwords import require_password_allowed
from chenu.flows.sso.proving import join_by_link
from chenu.flows.sso.setup import RoleTable
from chenu.flows.sso.signing_in import finish_sign_in
from chenu.flows.sso.switching import require_provider, stop_requiring, switch_off, switch_on
from chenu.flows.sso.trials import Tried, begin_trial
from chenu.sso.connections import ConnectionRow, get_connection
from chenu.sso.errors import PasswordsOff, SsoRefused
from chenu.sso.model import ConnectionState, Refusal
from chenu.tiers.catalogue import TierCode
from tests.accounts.mailed import mailed_token
from tests.people import PASSWORD, Person, make_member, make_person
from tests.rows import count, mails_to
from tests.sso.provider_side import (
    HOME,
    ProviderSide,
    connected,
    make_connection,
    prove_domain,
    sign_in_by,
)


async def open_acme(
    services: Services, table: RoleTable | None = None
) -> tuple[Services, ProviderSide, Person, ConnectionRow]:
    side = ProviderSide()
    there = connected(services, side)
    owner = await make_person("elsa", TierCode.ENTERPRISE)
    await prove_domain(owner.actor)
    return there, side, owner, await make_connection(there, owner, table)


async def rename(person: Person, email: str) -> None:
    await db.execute("UPDATE app_user SET email = $2 WHERE id = $1", person.user_id, email)


async def test_the_first_sign_in_makes_the_member(services: Services) -> None:
    services, side, owner, connection = await open_acme(services)

    browser = replace(HOME, locale="en")
    outcome = await sign_in_by(services, side, connection.id, browser)

    assert isinstance(outcome.result, SignedIn)
    assert outcome.next_path == "/tokens"
    actor = await find_actor(outcome.result.session.token, "127.0.0.1")
    assert actor is not None
    assert (actor.account_id, actor.account_role) == (owner.actor.account_id, AccountRole.MEMBER)
    person = await find_user_by_email("hugo@acme.fr")
    assert person is not None
    assert (person.display_name, person.email_verified) == ("Hugo Petit", True)
    assert person.locale == "en"
    assert await count("audit_event", "action IN ('sso.join', 'sso.sign_in')") == 2


async def test_the_way_to_the_provider_has_pkce_state_and_nonce_that_its_answer_is_tied_to(
    services: Services,
) -> None:
    services, side, _, connection = await open_acme(services)

    await sign_in_by(services, side, connection.id)

    [form], [authorization] = side.forms, side.authorizations
    assert form["redirect_uri"].endswith(f"/sign-in/provider/{connection.id}/callback")
    assert len(form["code_verifier"]) >= 43
    assert authorization.startswith("Basic ")
    assert "client_secret" not in form


async def test_who_comes_back_is_the_same_person_with_the_role_that_they_have_now(
    services: Services,
) -> None:
    table = RoleTable("MEMBER", "org.groups", {"accounting": "BILLING"})
    services, side, owner, connection = await open_acme(services, table)
    await sign_in_by(services, side, connection.id)

    side.claims = {"org": {"groups": ["staff", "accounting"]}, "email": "h.petit@acme.fr"}
    await sign_in_by(services, side, connection.id)

    assert owner.actor.account_id is not None
    roles = [member.role for member in await list_members(owner.actor.account_id)]
    assert roles == [AccountRole.OWNER, AccountRole.BILLING]
    assert await count("sso_identity", "email = 'h.petit@acme.fr'") == 1


async def test_the_first_row_of_the_table_counts_in_the_order_in_which_it_was_entered(
    services: Services,
) -> None:
    entered = {"zeta-staff": "BILLING", "b": "MEMBER", "accounting": "BILLING", "a": "MEMBER"}
    table = RoleTable("MEMBER", "groups", entered)
    services, side, owner, connection = await open_acme(services, table)
    assert list(connection.roles.items()) == list(entered.items())
    side.claims = {"groups": ["a", "b", "zeta-staff"]}

    await sign_in_by(services, side, connection.id)

    assert owner.actor.account_id is not None
    roles = [member.role for member in await list_members(owner.actor.account_id)]
    assert roles == [AccountRole.OWNER, AccountRole.BILLING]
    older: str = await db.fetch_value("SELECT roles::text FROM sso_connection")
    assert msgspec.json.decode(older, type=dict[str, str]) == entered


@pytest.mark.parametrize("rows", [None, '[["a", "MEMBER"], ["b", "BILLING"]]'])
async def test_what_an_older_release_wrote_counts_in_place_of_rows_from_before(
    services: Services, rows: str | None
) -> None:
    table = RoleTable("MEMBER", "groups", {"b": "MEMBER"})
    services, _side, owner, connection = await open_acme(services, table)
    sql = """UPDATE sso_connection SET role_rows = $1::jsonb, roles = '{"b": "BILLING"}'::jsonb"""
    await db.execute(sql, rows)

    assert owner.actor.account_id is not None
    found = await get_connection(owner.actor.account_id, connection.id)
    assert found.roles == {"b": AccountRole.BILLING}


async def test_nobody_joins_beyond_the_seats(services: Services) -> None:
    services, side, owner, connection = await open_acme(services)
    await db.execute("UPDATE account SET seats = 1 WHERE id = $1", owner.actor.account_id)

    with pytest.raises(SsoRefused) as refused:
        await sign_in_by(services, side, connection.id)

    assert refused.value.refusal is Refusal.SEATS_TAKEN
    assert await find_user_by_email("hugo@acme.fr") is None


async def test_who_has_been_here_before_joins_by_mailbox_and_password_once(
    services: Services,
) -> None:
    services, side, owner, connection = await open_acme(services)
    hugo = await make_person("hugo")
    await rename(hugo, "hugo@acme.fr")

    outcome = await sign_in_by(services, side, connection.id)

    assert outcome.result == LinkMailed("hugo@acme.fr")
    assert await mails_to("hugo@acme.fr") == ["SSO_JOIN"]
    token = await mailed_token("hugo@acme.fr")
    assert owner.actor.account_id is not None
    with pytest.raises(WrongCredentials):
        await join_by_link(token, "not the password", NO_CODE, HOME)
    assert await find_role(owner.actor.account_id, hugo.user_id) is None

    session = await join_by_link(token, PASSWORD, NO_CODE, HOME)

    assert session.owner == hugo.user_id
    assert await find_role(owner.actor.account_id, hugo.user_id) is AccountRole.MEMBER
    with pytest.raises(Invalid):
        await join_by_link(token, PASSWORD, NO_CODE, HOME)
    again = await sign_in_by(services, side, connection.id)
    assert isinstance(again.result, SignedIn)
    assert again.result.session.owner == hugo.user_id


async def test_a_removed_member_does_not_come_back_by_the_provider(services: Services) -> None:
    services, side, _owner, connection = await open_acme(services)
    await sign_in_by(services, side, connection.id)
    await db.execute("DELETE FROM membership WHERE role = 'MEMBER'")

    with pytest.raises(SsoRefused) as refused:
        await sign_in_by(services, side, connection.id)

    assert refused.value.refusal is Refusal.MEMBER_REMOVED


async def test_a_trial_by_the_owner_comes_before_switching_on(services: Services) -> None:
    side = ProviderSide(claims={"email": "elsa@acme.fr"})
    there = connected(services, side)
    owner = await make_person("elsa", TierCode.ENTERPRISE)
    await prove_domain(owner.actor)
    draft = await make_connection(there, owner, is_on=False)
    with pytest.raises(InvalidState, match="try the connection first"):
        await switch_on(owner.actor, draft.id)

    sent = await begin_trial(there, owner.actor, draft.id)
    answered = side.visit(sent.url)
    outcome = await finish_sign_in(there, owner.actor, draft.id, answered, HOME, sent.browser)

    assert outcome.result == Tried(draft.id)
    assert (await switch_on(owner.actor, draft.id)).state is ConnectionState.ON
    assert await count("sso_identity") == 0  # the owner's mailbox is another one


async def test_a_trial_is_finished_by_the_owner_who_began_it_alone(services: Services) -> None:
    services, side, owner, connection = await open_acme(services)
    sent = await begin_trial(services, owner.actor, connection.id)

    with pytest.raises(SsoRefused) as refused:
        await finish_sign_in(
            services, Actor(), connection.id, side.visit(sent.url), HOME, sent.browser
        )

    assert refused.value.refusal is Refusal.OTHER_PERSON


async def test_a_required_provider_switches_passwords_off_but_for_owner_and_guests(
    services: Services,
) -> None:
    services, _side, owner, connection = await open_acme(services)
    hugo = await make_member(owner, "hugo", AccountRole.MEMBER)
    await rename(hugo, "hugo@acme.fr")
    await rename(owner, "elsa@acme.fr")
    guest = await make_member(owner, "greta", AccountRole.MEMBER)

    await require_provider(owner.actor, connection.id)

    assert await find_actor(hugo.token, "127.0.0.1") is None
    assert await find_actor(guest.token, "127.0.0.1") is not None
    allow = require_password_allowed
    with pytest.raises(PasswordsOff) as off:
        await sign_in("hugo@acme.fr", PASSWORD, Browser(), allow=allow)
    assert off.value.connection == str(connection.id)
    with pytest.raises(WrongCredentials):
        await sign_in("hugo@acme.fr", "wrong", Browser(), allow=allow)
    for email in ("elsa@acme.fr", guest.email):
        assert (await sign_in(email, PASSWORD, Browser(), allow=allow)).token
    await stop_requiring(owner.actor, connection.id)
    assert (await sign_in("hugo@acme.fr", PASSWORD, Browser(), allow=allow)).token


async def test_the_end_of_the_plan_puts_the_connection_to_sleep(services: Services) -> None:
    services, side, owner, connection = await open_acme(services)
    hugo = await make_member(owner, "hugo", AccountRole.MEMBER)
    await rename(hugo, "hugo@acme.fr")
    await require_provider(owner.actor, connection.id)
    assert await find_connection_for("Somebody@ACME.fr") is not None

    await db.execute("UPDATE account SET tier = 'PRO' WHERE id = $1", owner.actor.account_id)

    assert await find_connection_for("somebody@acme.fr") is None
    with pytest.raises(SsoRefused) as refused:
        await sign_in_by(services, side, connection.id)
    assert refused.value.refusal is Refusal.CONNECTION_OFF
    allow = require_password_allowed
    assert (await sign_in("hugo@acme.fr", PASSWORD, Browser(), allow=allow)).token
    off = await switch_off(owner.actor, connection.id)
    assert (off.state, off.is_required) == (ConnectionState.TRIED, False)


async def test_another_provider_has_to_be_tried_again(services: Services) -> None:
    services, _side, owner, connection = await open_acme(services)
    query = parse_qs(urlsplit((await begin_trial(services, owner.actor, connection.id)).url).query)

    assert query["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= query.keys()
    assert owner.actor.account_id is not None
    found = await get_connection(owner.actor.account_id, connection.id)
    assert found.state is ConnectionState.ON
