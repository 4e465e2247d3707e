"""Accounts with several people, people with several accounts, and the rights of each role."""

import pytest

from chenu.accounts.actor import (
    ANONYMOUS,
    AccountId,
    AccountRole,
    Actor,
    ActorKind,
    ApiScope,
    Staff,
)
from chenu.accounts.queries import find_account, list_accounts, list_memberships
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import add_member, create_account, list_users
from chenu.core.errors import AlreadyExists, Forbidden, InvalidState, Unauthenticated
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import make_member, make_person
from tests.rows import count, fingerprint


async def test_a_person_acts_for_the_personal_account_unless_another_is_named(
    services: Services,
) -> None:
    owner = await make_person("nora", TierCode.BUSINESS)
    member = await make_person("hugo", TierCode.FREE)
    company = await create_account(owner.user_id, "Benali SARL", "COMPANY")
    await add_member(company, member.user_id, AccountRole.BILLING)

    personal = await find_actor(member.token, "")
    acting = await find_actor(member.token, "", company)

    assert personal is not None
    assert acting is not None
    assert personal.account_id == member.actor.account_id
    assert (acting.account_id, acting.account_role) == (company, AccountRole.BILLING)
    assert acting.user_id == member.user_id


async def test_an_account_of_others_is_nobodys_to_act_for(services: Services) -> None:
    member, stranger = await make_person("hugo"), await make_person("stranger")

    assert await find_actor(stranger.token, "", member.actor.account_id) is None
    assert await find_actor(stranger.token, "", AccountId(new_id())) is None


async def test_the_tier_is_the_accounts_that_is_acted_for(services: Services) -> None:
    owner = await make_person("nora", TierCode.BUSINESS)

    acting = (await make_member(owner, "hugo", AccountRole.MEMBER)).actor

    assert (acting.tier, acting.account_role) == (TierCode.BUSINESS, AccountRole.MEMBER)


async def test_memberships_are_listed_the_personal_account_first(services: Services) -> None:
    owner = await make_person("nora")
    second = await create_account(owner.user_id, "Second", "COMPANY")
    third = await create_account(owner.user_id, "Third", "COMPANY")

    listed = [membership.account_id for membership in await list_memberships([owner.user_id])]

    assert listed == [owner.actor.account_id, second, third]
    names = {account.name for account in await list_accounts(listed)}
    assert names == {"Nora", "Second", "Third"}


async def test_somebody_is_in_an_account_once(services: Services) -> None:
    owner, member = await make_person("nora"), await make_person("hugo")
    assert owner.actor.account_id is not None
    await add_member(owner.actor.account_id, member.user_id, AccountRole.MEMBER)
    before = await fingerprint()

    with pytest.raises(AlreadyExists):
        await add_member(owner.actor.account_id, member.user_id, AccountRole.OWNER)

    assert await fingerprint() == before


async def test_a_person_has_one_personal_account(services: Services) -> None:
    owner = await make_person("nora")

    with pytest.raises(Exception, match="account_personal"):
        await create_account(owner.user_id, "Again", "PERSONAL")

    assert await count("account") == 1


async def test_people_and_accounts_are_read_in_batches(services: Services) -> None:
    people = [await make_person(f"person{n}") for n in range(3)]

    users = await list_users([person.user_id for person in people])

    assert {user.email for user in users} == {person.email for person in people}
    assert await list_users([]) == []
    assert await find_account(AccountId(new_id())) is None


async def test_staff_roles_travel_with_the_session(services: Services) -> None:
    staff = await make_person("salome", staff=(Staff.REVIEWER, Staff.SUPPORT))

    assert staff.actor.staff == {Staff.REVIEWER, Staff.SUPPORT}
    assert staff.actor.is_staff
    [user] = await list_users([staff.user_id])
    assert user.is_staff


def actor(kind: ActorKind, role: AccountRole | None = None, *scopes: ApiScope) -> Actor:
    from chenu.accounts.actor import UserId

    user = None if kind in (ActorKind.ANONYMOUS, ActorKind.SERVICE_KEY) else UserId(new_id())
    account = None if kind is ActorKind.ANONYMOUS else AccountId(new_id())
    return Actor(kind, user, account, role, scopes=frozenset(scopes))


KEY, SESSION = ActorKind.API_KEY, ActorKind.SESSION
OWNER, BILLING, MEMBER = AccountRole.OWNER, AccountRole.BILLING, AccountRole.MEMBER


@pytest.mark.parametrize(
    ("who", "error"),
    [
        (ANONYMOUS, Unauthenticated),
        (actor(SESSION, OWNER), None),
        (actor(SESSION, BILLING), Forbidden),
        (actor(SESSION, MEMBER), None),
        (actor(KEY, OWNER), Forbidden),
        (actor(KEY, OWNER, ApiScope.READ), Forbidden),
        (actor(KEY, OWNER, ApiScope.MARKETPLACE), None),
        (actor(KEY, BILLING, ApiScope.MARKETPLACE), Forbidden),
        (actor(ActorKind.SERVICE_KEY, None, ApiScope.READ), Forbidden),
        (actor(ActorKind.SERVICE_KEY, None, ApiScope.MARKETPLACE), Forbidden),
    ],
    ids=lambda value: (
        "-".join([value.kind, str(value.account_role), *sorted(value.scopes)])
        if isinstance(value, Actor)
        else str(value)
    ),
)
def test_who_may_spend_an_accounts_money(who: Actor, error: type[Exception] | None) -> None:
    if error is None:
        assert who.require_spender(ApiScope.MARKETPLACE) == who.account_id
    else:
        with pytest.raises(error):
            who.require_spender(ApiScope.MARKETPLACE)


@pytest.mark.parametrize("role", list(Staff))
def test_an_admin_has_every_staff_role_and_the_others_their_own(role: Staff) -> None:
    one = Actor(SESSION, actor(SESSION).user_id, staff=frozenset({role}))

    allowed = {wanted for wanted in Staff if one.has_staff(wanted)}

    assert allowed == (set(Staff) if role is Staff.ADMIN else {role})


def test_staff_work_is_refused_to_everybody_else() -> None:
    with pytest.raises(Forbidden):
        actor(SESSION, OWNER).require_staff(Staff.REVIEWER)
    with pytest.raises(Unauthenticated):
        ANONYMOUS.require_staff(Staff.REVIEWER)
    with pytest.raises(InvalidState):
        actor(SESSION, OWNER).require_verified()
