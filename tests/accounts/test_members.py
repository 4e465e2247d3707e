"""Members of an account: roles changed, removed, leaving; an account is never without an owner."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chenu.accounts.actor import AccountId, AccountRole, Actor, ApiScope, UserId
from chenu.accounts.api_keys import create_api_key, find_key_actor
from chenu.accounts.customers import get_billed_person
from chenu.accounts.members import (
    change_role,
    hand_over,
    leave_account,
    list_members,
    remove_member,
    rename_account,
)
from chenu.accounts.queries import find_account
from chenu.accounts.sessions import choose_account, find_actor
from chenu.accounts.users import add_member
from chenu.core import db
from chenu.core.errors import ChenuError, Forbidden, Invalid, InvalidState, NotFound
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import PASSWORD, Person, make_member, make_person
from tests.rows import count, fingerprint, mails_to, put

OWNER, BILLING, MEMBER = AccountRole.OWNER, AccountRole.BILLING, AccountRole.MEMBER


async def make_company(*roles: AccountRole) -> tuple[Person, AccountId, list[Person]]:
    owner = await make_person("nora", TierCode.BUSINESS)
    assert owner.actor.account_id is not None
    members = [await make_member(owner, f"member{n}", role) for n, role in enumerate(roles)]
    return owner, owner.actor.account_id, members


async def roles_in(account_id: AccountId) -> list[str]:
    return [member.role_code for member in await list_members(account_id)]


async def acting_for(person: Person, account_id: AccountId | None = None) -> Actor | None:
    return await find_actor(person.token, "127.0.0.1", account_id)


async def test_a_changed_role_counts_from_the_next_request(services: Services) -> None:
    owner, company, [hugo] = await make_company(MEMBER)

    await change_role(owner.actor, hugo.user_id, BILLING)

    actor = await acting_for(hugo, company)
    assert actor is not None
    assert actor.account_role is BILLING
    assert await count("audit_event", "action = 'member.role'") == 1


async def test_a_removed_member_is_out_with_their_keys_and_hears_of_it(services: Services) -> None:
    owner, company, [hugo] = await make_company(BILLING)
    pepper = services.settings.secret
    made = await create_api_key(hugo.actor, "script", [ApiScope.READ], None, pepper)
    await choose_account(hugo.actor, company)

    await remove_member(owner.actor, hugo.user_id)

    personal = await acting_for(hugo)
    assert await acting_for(hugo, company) is None
    assert personal is not None
    assert personal.account_id != company
    assert await find_key_actor(made.secret, pepper, "") is None
    assert await count("api_key", "revoked_at IS NULL") == 0
    assert await mails_to(hugo.email) == ["MEMBER_REMOVED"]


async def test_a_member_leaves_and_comes_back_without_the_old_keys(services: Services) -> None:
    _, company, [hugo] = await make_company(BILLING)
    pepper = services.settings.secret
    made = await create_api_key(hugo.actor, "script", [ApiScope.READ], None, pepper)

    await leave_account(hugo.actor)
    await add_member(company, hugo.user_id, MEMBER)

    assert await roles_in(company) == [OWNER, MEMBER]
    assert await find_key_actor(made.secret, pepper, "") is None


async def test_ownership_goes_over_and_a_personal_account_becomes_the_companys(
    services: Services,
) -> None:
    owner, company, [hugo] = await make_company(MEMBER)

    await hand_over(owner.actor, hugo.user_id, PASSWORD)

    account = await find_account(company)
    assert account is not None
    assert (account.owner_id, account.kind, account.tier) == (hugo.user_id, "COMPANY", "BUSINESS")
    assert (await get_billed_person(company)).email == hugo.email
    assert {member.user_id: member.role_code for member in await list_members(company)} == {
        hugo.user_id: OWNER,
        owner.user_id: MEMBER,
    }
    now = await acting_for(owner)
    assert now is not None
    assert (now.account_role, now.tier) == (OWNER, TierCode.FREE)
    assert now.account_id != company
    assert await mails_to(owner.email) == await mails_to(hugo.email) == ["OWNER_CHANGED"]


async def test_a_company_is_handed_over_again_without_a_second_personal_account(
    services: Services,
) -> None:
    owner, company, [hugo] = await make_company(MEMBER)
    await hand_over(owner.actor, hugo.user_id, PASSWORD)
    new_owner = await acting_for(hugo, company)
    assert new_owner is not None

    await hand_over(new_owner, owner.user_id, PASSWORD)

    assert await count("account", "kind = 'PERSONAL'") == 2
    assert await count("account") == 3


async def test_the_owner_names_the_account_and_nobody_else_does(services: Services) -> None:
    owner, company, [hugo] = await make_company(BILLING)

    await rename_account(owner.actor, "  Benali SARL ")
    with pytest.raises(Forbidden):
        await rename_account(hugo.actor, "Hugo's")
    for name in ("", "CHE·NU", "x" * 81):
        with pytest.raises(Invalid) as raised:
            await rename_account(owner.actor, name)
        assert raised.value.path == ("name",)

    account = await find_account(company)
    assert account is not None
    assert account.name == "Benali SARL"


async def test_a_downgrade_removes_nobody_and_an_upgrade_gives_everything_back(
    services: Services,
) -> None:
    owner, company, members = await make_company(MEMBER, BILLING)
    seats = []

    for tier in (TierCode.PRO, TierCode.BUSINESS):
        await db.execute("UPDATE account SET tier = $2 WHERE id = $1", company, tier)
        actors = [await acting_for(person, company) for person in (owner, *members)]
        seats.append([actor is not None and actor.has_seat for actor in actors])

    assert seats == [[True, False, False], [True, True, True]]
    assert await roles_in(company) == [OWNER, MEMBER, BILLING]


async def test_the_new_owner_has_a_seat_however_late_they_came(services: Services) -> None:
    owner, company, [first, last] = await make_company(MEMBER, MEMBER)
    await hand_over(owner.actor, last.user_id, PASSWORD)

    await db.execute("UPDATE account SET tier = 'PRO' WHERE id = $1", company)

    actors = [await acting_for(person, company) for person in (owner, first, last)]
    assert [actor is not None and actor.has_seat for actor in actors] == [False, False, True]


Attempt = Callable[[Actor, UserId], Awaitable[object]]
ATTEMPTS: dict[str, Attempt] = {
    "change role": lambda actor, whom: change_role(actor, whom, BILLING),
    "remove": remove_member,
    "hand over": lambda actor, whom: hand_over(actor, whom, PASSWORD),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
@pytest.mark.parametrize("role", [MEMBER, BILLING])
async def test_only_the_owner_decides_about_members(
    services: Services, attempt: Attempt, role: AccountRole
) -> None:
    _, _, [first, second] = await make_company(role, MEMBER)
    before = await fingerprint()

    with pytest.raises(Forbidden):
        await attempt(first.actor, second.user_id)

    assert await fingerprint() == before


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
async def test_the_owner_is_not_a_member_like_others(services: Services, attempt: Attempt) -> None:
    owner, company, _ = await make_company(MEMBER)
    before = await fingerprint()

    with pytest.raises(InvalidState, match="hand the account over"):
        await attempt(owner.actor, owner.user_id)
    with pytest.raises(InvalidState, match="hand the account over"):
        await leave_account(owner.actor)

    assert await fingerprint() == before
    assert await roles_in(company) == [OWNER, MEMBER]


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
async def test_people_of_other_accounts_are_not_found(services: Services, attempt: Attempt) -> None:
    owner, _, _ = await make_company()
    stranger = await make_person("stranger")
    before = await fingerprint()

    for whom in (stranger.user_id, UserId(new_id())):
        with pytest.raises(NotFound, match="no such member"):
            await attempt(owner.actor, whom)

    assert await fingerprint() == before


@pytest.mark.parametrize("role", ["OWNER", "", "admin"])
async def test_a_role_that_is_not_given_is_refused(services: Services, role: str) -> None:
    owner, _, [hugo] = await make_company(MEMBER)

    with pytest.raises(Invalid) as raised:
        await change_role(owner.actor, hugo.user_id, role)

    assert raised.value.path == ("role",)


async def test_handing_over_asks_for_the_password_after_a_while(services: Services) -> None:
    owner, company, [hugo] = await make_company(MEMBER)
    await db.execute("UPDATE user_session SET created_at = now() - interval '11 minutes'")

    for password in (None, "wrong"):
        with pytest.raises(ChenuError) as raised:
            await hand_over(owner.actor, hugo.user_id, password)
        assert raised.value.path == ("current_password",)

    assert await roles_in(company) == [OWNER, MEMBER]


async def test_nobody_is_made_owner_whose_address_is_not_proved(services: Services) -> None:
    owner, _, [hugo] = await make_company(MEMBER)
    await put("app_user", "email_verified_at", None, "id = $2", hugo.user_id)

    with pytest.raises(InvalidState, match="verify"):
        await hand_over(owner.actor, hugo.user_id, PASSWORD)


async def test_handing_over_to_two_at_once_leaves_one_owner(services: Services) -> None:
    owner, company, members = await make_company(MEMBER, MEMBER, MEMBER)

    outcomes = await asyncio.gather(
        *(hand_over(owner.actor, member.user_id, PASSWORD) for member in members),
        return_exceptions=True,
    )

    assert outcomes.count(None) == 1
    assert (await roles_in(company)).count(OWNER) == 1


async def test_the_new_owner_leaving_while_it_becomes_owner_leaves_one_owner(
    services: Services,
) -> None:
    owner, company, [hugo] = await make_company(MEMBER)

    await asyncio.gather(
        hand_over(owner.actor, hugo.user_id, PASSWORD),
        leave_account(hugo.actor),
        return_exceptions=True,
    )

    assert (await roles_in(company)).count(OWNER) == 1
    account = await find_account(company)
    assert account is not None
    assert account.owner_id == (await list_members(company))[0].user_id
