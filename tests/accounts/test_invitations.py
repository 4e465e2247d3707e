"""Invitations: who sends them, what they tell, who accepts them, and never above the seats."""

import asyncio

import msgspec
import pytest

from chenu.accounts.actor import AccountId, AccountRole, Actor
from chenu.accounts.attempts import INVITE_PER_EMAIL, INVITE_PER_SENDER
from chenu.accounts.errors import SeatsTaken
from chenu.accounts.invitations import (
    MOST_OPEN,
    InvitationId,
    accept_invitation,
    find_invitation,
    invite,
    list_invitations,
    revoke_invitation,
    send_invitation_again,
)
from chenu.accounts.members import count_members, list_members
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import Browser, SignUp, sign_up
from chenu.core import db
from chenu.core.errors import (
    AlreadyExists,
    ChenuError,
    Forbidden,
    Invalid,
    InvalidState,
    LimitReached,
    NotFound,
    RateLimited,
    Unverified,
)
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.accounts.mailed import mailed_token
from tests.people import PASSWORD, Person, make_member, make_person
from tests.rows import count, fingerprint, mails_to, put

MEMBER, BILLING = AccountRole.MEMBER, AccountRole.BILLING


async def make_company() -> tuple[Person, AccountId]:
    owner = await make_person("nora", TierCode.BUSINESS)
    assert owner.actor.account_id is not None
    return owner, owner.actor.account_id


async def acting(person: Person) -> Actor:
    actor = await find_actor(person.token, "127.0.0.1")
    assert actor is not None
    return actor


async def test_somebody_with_an_account_accepts_and_acts_for_the_company(
    services: Services,
) -> None:
    owner, company = await make_company()
    hugo = await make_person("hugo", TierCode.FREE)

    await invite(owner.actor, " Hugo@Example.org ", BILLING)
    await accept_invitation(hugo.actor, await mailed_token(hugo.email))

    actor = await acting(hugo)
    assert (actor.account_id, actor.account_role, actor.tier) == (
        company,
        BILLING,
        TierCode.BUSINESS,
    )
    assert actor.has_seat
    assert await list_invitations(company) == []


async def test_a_newcomer_signs_up_and_accepts_which_proves_the_address(
    services: Services,
) -> None:
    owner, company = await make_company()
    await invite(owner.actor, "new@example.org", MEMBER)
    token = await mailed_token("new@example.org")
    session = await sign_up(
        SignUp("new@example.org", PASSWORD, "New"), Browser(), verify_at_once=False
    )
    newcomer = await find_actor(session.token, "")
    assert newcomer is not None
    assert not newcomer.email_verified

    await accept_invitation(newcomer, token)

    actor = await find_actor(session.token, "")
    assert actor is not None
    assert (actor.account_id, actor.email_verified) == (company, True)


async def _answer_to(owner: Person, email: str) -> object:
    """What the caller gets to see of it: nothing, or the words of a refusal."""
    try:
        await invite(owner.actor, email, MEMBER)
    except ChenuError as refusal:
        return str(refusal)
    return None


async def _sent_to(email: str) -> tuple[str, list[str]]:
    sql = "SELECT kind FROM outbox_mail WHERE to_address = $1"
    kind = await db.fetch_value(sql, email)
    params = await db.fetch_value(
        "SELECT params::text FROM outbox_mail WHERE to_address = $1", email
    )
    return kind, sorted(msgspec.json.decode(params))


async def test_known_and_unknown_addresses_get_the_same_mail_and_the_same_answer(
    services: Services,
) -> None:
    owner, _ = await make_company()
    known = await make_person("known")

    answers = [await _answer_to(owner, email) for email in (known.email, "unknown@example.org")]

    assert answers == [None, None]
    assert await _sent_to(known.email) == await _sent_to("unknown@example.org")
    assert await _sent_to(known.email) == ("INVITATION", ["token"])


async def test_the_page_behind_the_link_says_whose_account_it_is(services: Services) -> None:
    owner, _ = await make_company()
    await invite(owner.actor, "new@example.org", MEMBER)

    offer = await find_invitation(await mailed_token("new@example.org"))

    assert offer is not None
    assert (offer.account_name, offer.inviter, offer.role_code) == ("Nora", "Nora", MEMBER)
    assert await find_invitation("x") is None


@pytest.mark.parametrize(
    ("email", "role", "error", "path"),
    [
        ("", MEMBER, Invalid, ("email",)),
        ("nobody", MEMBER, Invalid, ("email",)),
        ("a@example.org", "OWNER", Invalid, ("role",)),
        ("a@example.org", "", Invalid, ("role",)),
        ("nora@example.org", MEMBER, AlreadyExists, ("email",)),
    ],
)
async def test_a_bad_invitation_is_refused_at_its_field(
    services: Services, email: str, role: str, error: type[ChenuError], path: tuple[str, ...]
) -> None:
    owner, _ = await make_company()
    before = await fingerprint()

    with pytest.raises(error) as raised:
        await invite(owner.actor, email, role)

    assert raised.value.path == path
    assert await fingerprint() == before


@pytest.mark.parametrize("role", [MEMBER, BILLING])
async def test_only_the_owner_invites(services: Services, role: AccountRole) -> None:
    owner, company = await make_company()
    member = await make_member(owner, "hugo", role)
    await invite(owner.actor, "a@example.org", MEMBER)
    [open_one] = await list_invitations(company)

    for attempt in (
        invite(member.actor, "b@example.org", MEMBER),
        send_invitation_again(member.actor, open_one.id),
        revoke_invitation(member.actor, open_one.id),
    ):
        with pytest.raises(Forbidden):
            await attempt

    assert await count("invitation") == 1


async def test_who_has_not_proved_their_own_address_invites_nobody(services: Services) -> None:
    owner, _ = await make_company()
    await put("app_user", "email_verified_at", None)

    with pytest.raises(Unverified):
        await invite(await acting(owner), "a@example.org", MEMBER)


async def test_a_new_link_ends_the_old_one(services: Services) -> None:
    owner, company = await make_company()
    hugo = await make_person("hugo")
    await invite(owner.actor, hugo.email, MEMBER)
    old = await mailed_token(hugo.email)
    [open_one] = await list_invitations(company)

    await send_invitation_again(owner.actor, open_one.id)

    with pytest.raises(Invalid, match="used before or has expired"):
        await accept_invitation(hugo.actor, old)
    await accept_invitation(hugo.actor, await mailed_token(hugo.email))
    assert await mails_to(hugo.email) == ["INVITATION", "INVITATION"]


async def test_inviting_an_address_again_replaces_its_invitation(services: Services) -> None:
    owner, company = await make_company()
    await invite(owner.actor, "a@example.org", MEMBER)

    await invite(owner.actor, "a@example.org", BILLING)

    assert [each.role_code for each in await list_invitations(company)] == [BILLING]


@pytest.mark.parametrize("ending", ["revoked", "expired", "used"])
async def test_an_ended_invitation_opens_nothing(services: Services, ending: str) -> None:
    owner, company = await make_company()
    hugo = await make_person("hugo")
    await invite(owner.actor, hugo.email, MEMBER)
    token = await mailed_token(hugo.email)
    [open_one] = await list_invitations(company)
    if ending == "revoked":
        await revoke_invitation(owner.actor, open_one.id)
    elif ending == "expired":
        await db.execute("UPDATE invitation SET expires_at = now() - interval '1 minute'")
    else:
        await accept_invitation(hugo.actor, token)
    before = await fingerprint()

    with pytest.raises(Invalid, match="used before or has expired"):
        await accept_invitation(hugo.actor, token)

    assert await find_invitation(token) is None
    assert await fingerprint() == before


async def test_a_forwarded_link_lets_nobody_else_in(services: Services) -> None:
    owner, company = await make_company()
    stranger = await make_person("stranger")
    await invite(owner.actor, "hugo@example.org", MEMBER)
    before = await fingerprint()

    with pytest.raises(InvalidState, match="another address"):
        await accept_invitation(stranger.actor, await mailed_token("hugo@example.org"))

    assert await fingerprint() == before
    assert await count_members(company) == 1


async def test_invitations_of_another_account_are_not_found(services: Services) -> None:
    owner, company = await make_company()
    rival = await make_person("rival", TierCode.BUSINESS)
    await invite(owner.actor, "a@example.org", MEMBER)
    [open_one] = await list_invitations(company)

    for invitation_id in (open_one.id, InvitationId(new_id())):
        with pytest.raises(NotFound, match="no such invitation"):
            await revoke_invitation(rival.actor, invitation_id)
        with pytest.raises(NotFound, match="no such invitation"):
            await send_invitation_again(rival.actor, invitation_id)


@pytest.mark.parametrize("tier", [TierCode.FREE, TierCode.STARTER, TierCode.PRO])
async def test_a_tier_with_one_seat_has_none_to_give(services: Services, tier: TierCode) -> None:
    owner = await make_person("nora", tier)

    with pytest.raises(SeatsTaken, match="1"):
        await invite(owner.actor, "a@example.org", MEMBER)

    assert await count("invitation") == 0


async def test_twenty_who_accept_at_once_never_take_more_than_the_seats(
    services: Services,
) -> None:
    owner, company = await make_company()
    people = [await make_person(f"person{n}") for n in range(20)]
    for person in people:
        await invite(owner.actor, person.email, MEMBER)
    tokens = [await mailed_token(person.email) for person in people]

    outcomes = await asyncio.gather(
        *(
            accept_invitation(person.actor, token)
            for person, token in zip(people, tokens, strict=True)
        ),
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(refused) == 11
    assert all(isinstance(outcome, SeatsTaken) for outcome in refused)
    assert await count_members(company) == 10
    assert len(await list_invitations(company)) == 11
    assert len({member.user_id for member in await list_members(company)}) == 10


async def test_one_link_pressed_twenty_times_lets_in_once(services: Services) -> None:
    owner, company = await make_company()
    hugo = await make_person("hugo")
    await invite(owner.actor, hugo.email, MEMBER)
    token = await mailed_token(hugo.email)

    outcomes = await asyncio.gather(
        *(accept_invitation(hugo.actor, token) for _ in range(20)), return_exceptions=True
    )

    assert outcomes.count(company) == 1
    assert await count_members(company) == 2


async def test_only_so_many_invitations_wait_at_a_time(services: Services) -> None:
    owner, company = await make_company()
    sql = """
        INSERT INTO invitation
            (id, token_hash, account, email, role, invited_by, sent_at, expires_at)
        SELECT gen_random_uuid(), n::text::bytea, $1, n || '@example.org', 'MEMBER', $2, now(),
            now() + interval '1 day' FROM generate_series(1, $3::int) n
    """
    await db.execute(sql, company, owner.user_id, MOST_OPEN)

    with pytest.raises(LimitReached, match="50"):
        await invite(owner.actor, "one-more@example.org", MEMBER)
    await invite(owner.actor, "7@example.org", MEMBER)

    assert await count("invitation") == MOST_OPEN


async def test_mails_are_limited_by_sender_and_by_target(services: Services) -> None:
    owner, _ = await make_company()
    rival = await make_person("rival", TierCode.BUSINESS)
    for _ in range(INVITE_PER_EMAIL.tries):
        await invite(owner.actor, "target@example.org", MEMBER)

    with pytest.raises(RateLimited):
        await invite(rival.actor, "target@example.org", MEMBER)
    for n in range(INVITE_PER_SENDER.tries - INVITE_PER_EMAIL.tries):
        await invite(owner.actor, f"person{n}@example.org", MEMBER)
    with pytest.raises(RateLimited):
        await invite(owner.actor, "another@example.org", MEMBER)

    assert len(await mails_to("target@example.org")) == INVITE_PER_EMAIL.tries
    assert await mails_to("another@example.org") == []
