"""When a contract for ENTERPRISE ends, nobody is locked out: passwords work, and hosts say so."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import AccountId, AccountRole, Actor, Staff
from chenu.accounts.recovery import request_password_reset, reset_password
from chenu.accounts.users import Browser, sign_in
from chenu.billing.contracts import list_contracts
from chenu.branding.model import BrandInput
from chenu.core import db
from chenu.flows.branding.edit import set_brand
from chenu.flows.services import Services
from chenu.flows.sla.report import get_sla_report
from chenu.flows.sso.joining import SignedIn
from chenu.flows.sso.passwords import require_password_allowed
from chenu.flows.sso.signing_in import begin_sign_in
from chenu.flows.sso.switching import require_provider, stop_requiring
from chenu.flows.subscriptions.contracts import end_contract, enter_contract
from chenu.scim.tokens import create_token
from chenu.sso.connections import ConnectionRow
from chenu.sso.errors import PasswordsOff, SsoRefused
from chenu.sso.model import Refusal
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import PlanRequired
from tests.accounts.mailed import mailed_token
from tests.branding.branded import ACME, client_on, prove_host
from tests.contracts import contract_of_days
from tests.people import PASSWORD, Person, make_member, make_person, sign_in_again
from tests.rows import count
from tests.scim.directories import Directory
from tests.sso.provider_side import (
    HOME,
    ProviderSide,
    connected,
    make_connection,
    prove_domain,
    sign_in_by,
)


@dataclass
class Organisation:
    """Of a contract that runs: its provider is required, its directory writes, its host is up.

    Hugo has a password; Ida came by the provider and never had one.
    """

    services: Services
    side: ProviderSide
    finance: Person
    owner: Person
    account_id: AccountId
    connection: ConnectionRow
    directory: Directory

    async def end(self) -> None:
        [contract] = [row for row in await list_contracts(self.account_id) if row.is_open]
        await end_contract(self.finance.actor, contract.id, "It was not renewed.")

    async def renew(self) -> None:
        await enter_contract(self.finance.actor, self.account_id, contract_of_days(-1, 30))


@pytest.fixture
async def acme(services: Services, client: httpx.AsyncClient) -> Organisation:
    side = ProviderSide(claims={"sub": "u-2", "email": "ida@acme.fr", "name": "Ida"})
    there = connected(services, side)
    finance = await make_person("fin", staff=(Staff.FINANCE,))
    person = await make_person("elsa", TierCode.FREE)
    account_id = person.actor.account_id
    assert account_id is not None
    await enter_contract(finance.actor, account_id, contract_of_days(-1, 30))
    owner = await sign_in_again(person.user_id, person.email)
    await prove_domain(owner.actor)
    connection = await make_connection(there, owner)
    await sign_in_by(there, side, connection.id)
    hugo = await make_member(owner, "hugo", AccountRole.MEMBER)
    sql = "UPDATE app_user SET email = 'hugo@acme.fr' WHERE id = $1"
    await db.execute(sql, hugo.user_id)
    token = await create_token(owner.actor, connection.id, services.settings.secret)
    await set_brand(owner.actor, BrandInput(name="Acme"))
    await prove_host(account_id, ACME)
    connection = await require_provider(owner.actor, connection.id)
    directory = Directory(owner, connection.id, token.secret, client)
    return Organisation(there, side, finance, owner, account_id, connection, directory)


async def enter(email: str, password: str = PASSWORD) -> Actor | str:
    """By password, as the page of sign-in has it: the token of the session."""
    return (await sign_in(email, password, Browser(), allow=require_password_allowed)).token


async def test_passwords_work_again_and_who_never_had_one_gets_one_by_mail(
    acme: Organisation,
) -> None:
    with pytest.raises(PasswordsOff):
        await enter("hugo@acme.fr")

    await acme.end()

    assert await enter("hugo@acme.fr")
    with pytest.raises(SsoRefused) as refused:
        await begin_sign_in(acme.services, acme.connection.id, HOME)
    assert refused.value.refusal is Refusal.CONNECTION_OFF
    assert "use your password" in str(refused.value)
    await request_password_reset("ida@acme.fr", "192.0.2.1")
    await reset_password(await mailed_token("ida@acme.fr"), "a first password of mine")
    assert await enter("ida@acme.fr", "a first password of mine")
    assert await count("membership", "account = $1", acme.account_id) == 3


async def test_the_directory_is_refused_with_words_and_changes_nothing(acme: Organisation) -> None:
    assert (await acme.directory.ask("GET", "/Users")).status_code == 200
    await acme.end()

    answers = [
        await acme.directory.ask("GET", "/Users"),
        await acme.directory.add("ada"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert all("Enterprise" in answer.json()["detail"] for answer in answers)
    assert await count("scim_entry") == 0
    assert await count("scim_token", "revoked_at IS NULL") == 1


async def test_the_host_of_the_brand_says_where_its_people_are_let_in(
    acme: Organisation, application: Any
) -> None:
    async with client_on(application, ACME) as visitor:
        before = await visitor.get("/sign-in")
        await acme.end()
        after = await visitor.get("/sign-in")

    assert (before.status_code, after.status_code) == (200, 421)
    assert f"{acme.services.settings.public_url}/sign-in" in after.text


async def test_the_owner_may_put_away_what_sleeps_and_the_next_contract_wakes_the_rest(
    acme: Organisation,
) -> None:
    await acme.end()
    owner = await sign_in_again(acme.owner.user_id, acme.owner.email)
    with pytest.raises(PlanRequired):
        await require_provider(owner.actor, acme.connection.id)
    with pytest.raises(PlanRequired):
        await get_sla_report(owner.actor)
    allowed = await stop_requiring(owner.actor, acme.connection.id)

    await acme.renew()

    assert (allowed.is_on, allowed.is_required) == (True, False)
    assert await enter("hugo@acme.fr")
    outcome = await sign_in_by(acme.services, acme.side, acme.connection.id)
    assert isinstance(outcome.result, SignedIn)
    assert (await acme.directory.ask("GET", "/Users")).status_code == 200
