"""The members' page: the whole story without JavaScript, in a browser's own forms."""

import pytest

from chenu.accounts.actor import AccountId, AccountRole
from chenu.accounts.invitations import invite
from chenu.accounts.sessions import find_actor
from chenu.core import db
from chenu.core.clock import business_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.accounts.mailed import mailed_token
from tests.people import PASSWORD, Person, make_member
from tests.rows import put
from tests.storefront.browser import Browser
from tests.storefront.conftest import OpenBrowser
from tests.storefront.visitors import make_reader

PAGE = "/account/members"


async def _make_owner() -> Person:
    return await make_reader("nora", TierCode.BUSINESS)


async def test_somebody_is_invited_signs_up_joins_and_leaves(
    browser: Browser, open_browser: OpenBrowser, services: Services
) -> None:
    browser.become(await _make_owner())
    page = await browser.get(PAGE)
    sent = await browser.submit(
        page, f"{PAGE}/invite", {"email": "new@example.org", "role": "MEMBER"}
    )
    assert "on its way" in (await browser.follow(sent)).words
    guest = await open_browser()

    offered = await guest.get(f"/invitation?token={await mailed_token('new@example.org')}")
    assert "Nora invites you" in offered.words
    [sign_up] = [link for link in offered.links() if link.startswith("/sign-up?next")]
    filled = {"email": "new@example.org", "password": PASSWORD, "display_name": "Newcomer"}
    back = await guest.follow(await guest.submit(await guest.get(sign_up), "/sign-up", filled))
    joined = await guest.follow(await guest.submit(back, "/invitation"))

    assert "from here on you act for this account" in joined.words
    assert ": 2 of 10." in joined.words
    assert not joined.has_form(f"{PAGE}/invite")
    assert "example.org" not in joined.words  # addresses are the owner's to see
    left = await guest.follow(await guest.submit(joined, f"{PAGE}/leave"))
    assert "You left the account" in left.words
    assert ": 1 of 10." in (await browser.get(PAGE)).words


async def test_the_owner_gives_roles_and_removes(browser: Browser, services: Services) -> None:
    owner = await _make_owner()
    hugo = await make_member(owner, "hugo", AccountRole.MEMBER)
    browser.become(owner)
    one = f"{PAGE}/{hugo.user_id}"

    changed = await browser.submit(await browser.get(PAGE), f"{one}/role", {"role": "BILLING"})
    page = await browser.follow(changed)
    removed = await browser.follow(await browser.submit(page, f"{one}/remove"))

    assert "The role is changed" in page.words
    assert "The member is removed" in removed.words
    assert ": 1 of 10." in removed.words


async def test_the_owner_hands_the_account_over(browser: Browser, services: Services) -> None:
    owner = await _make_owner()
    hugo = await make_member(owner, "hugo", AccountRole.MEMBER)
    browser.become(owner)
    typed = {"member": str(hugo.user_id), "current_password": PASSWORD}

    sent = await browser.submit(await browser.get(PAGE), f"{PAGE}/hand-over", typed)

    assert "The account is handed over" in (await browser.follow(sent)).words
    actor = await find_actor(hugo.token, "", owner.actor.account_id)
    assert actor is not None
    assert actor.account_role is AccountRole.OWNER


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"email": "nobody", "role": "MEMBER"}, "email"),
        ({"email": "nora@example.org", "role": "MEMBER"}, "email"),
    ],
)
async def test_a_bad_invitation_is_shown_again_with_its_error(
    browser: Browser, services: Services, typed: dict[str, str], field: str
) -> None:
    browser.become(await _make_owner())

    seen = await browser.submit(await browser.get(PAGE), f"{PAGE}/invite", typed)

    assert seen.status in (409, 422)
    assert seen.page.find("input", id=f"invite-{field}")[0].attributes["aria-invalid"] == "true"
    assert seen.page.find("input", id="invite-email")[0].attributes["value"] == typed["email"]


async def test_a_full_account_shows_the_plans_instead_of_the_form(
    browser: Browser, services: Services
) -> None:
    browser.become(await make_reader("pro", TierCode.PRO))

    seen = await browser.get(PAGE)

    assert ": 1 of 1." in seen.words
    assert not seen.has_form(f"{PAGE}/invite")
    assert "/pricing" in seen.links()


async def test_a_member_without_a_seat_reads_what_lifts_it(
    browser: Browser, services: Services
) -> None:
    owner = await make_reader("pro", TierCode.PRO)
    hugo = await make_member(owner, "hugo", AccountRole.MEMBER)
    await put("app_user", "locale", "en")
    browser.become(hugo)
    page = await browser.get("/")
    await browser.submit(page, "/account/switch", {"account": str(owner.actor.account_id)})

    seen = await browser.get(PAGE)

    assert "once the owner frees a seat" in seen.words


@pytest.mark.parametrize("token", ["", "x"])
async def test_a_link_that_is_not_good_says_what_to_do(browser: Browser, token: str) -> None:
    seen = await browser.get(f"/invitation?token={token}")

    assert seen.status == 422
    assert "can send you a new one" in seen.words


async def test_a_stranger_with_the_link_is_led_to_the_right_address(
    browser: Browser, services: Services
) -> None:
    owner = await _make_owner()
    await invite(owner.actor, "hugo@example.org", AccountRole.MEMBER)
    browser.become(await make_reader("stranger"))
    page = await browser.get(f"/invitation?token={await mailed_token('hugo@example.org')}")

    seen = await browser.submit(page, "/invitation")

    assert seen.status == 409
    assert "sent to another address" in seen.words
    assert "hugo@example.org" not in seen.words


async def test_of_a_very_large_account_the_first_members_are_shown_and_the_others_follow(
    browser: Browser, services: Services
) -> None:
    owner = await _make_owner()
    assert owner.actor.account_id is not None
    await _fill(owner.actor.account_id, 503)
    browser.become(owner)

    full = await browser.get(PAGE)
    first = full.words.index("Member 001")
    remove = f"{PAGE}/00000000-0000-7000-8000-000000000001/remove"
    after = await browser.follow(await browser.submit(full, remove))

    assert "The first 500 members are shown." in full.words
    assert ": 504 of 10." in full.words
    assert (first < full.words.index("Member 499"), "Member 500" in full.words) == (True, False)
    assert ("Member 001" in after.words, "Member 500" in after.words) == (False, True)


async def _fill(account_id: AccountId, number: int) -> None:
    """Members who joined one after another."""
    sql = """
        WITH person AS (
            INSERT INTO app_user (id, email, display_name, locale, password_hash,
                email_verified_at, created_at)
            SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
                'member' || n || '@example.org', 'Member ' || lpad(n::text, 3, '0'), 'fr', '',
                $3, $3
            FROM generate_series(1, $2::int) AS n RETURNING id)
        INSERT INTO membership (id, account, member, role)
        SELECT ('ffffffff-ffff-7000-8000-' || right(id::text, 12))::uuid, $1, id, 'MEMBER'
        FROM person ORDER BY id
    """
    await db.execute(sql, account_id, number, business_now())
