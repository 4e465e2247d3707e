"""The support desk's pages of accounts: what each may, and the overrides of it."""

from urllib.parse import quote

import pytest

from chenu.accounts.actor import Staff
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, TierCode
from tests.accounts.entitled import override
from tests.people import Person
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader


@pytest.fixture
async def desk(browser: Browser, services: Services) -> Browser:
    return browser.become(await make_reader("sam", staff=(Staff.SUPPORT,)))


def _threads(seen: Seen) -> str:
    [row] = seen.page.find("tr", id="entitlement-threads")
    return " ".join(row.text.split())


async def open_account(desk: Browser, person: Person) -> Seen:
    """Found by address, as the desk does it."""
    return await desk.follow(await desk.get(f"/staff/customers?q={person.email}"))


async def test_the_desk_sets_and_removes_an_override(desk: Browser, services: Services) -> None:
    person = await make_reader("zoe", TierCode.FREE)
    opened = await open_account(desk, person)
    base = f"/staff/customers/{person.actor.account_id}/overrides"
    typed = {
        "feature": "THREADS",
        "access": "on",
        "limit": "1 200",
        "expires_at": "2999-01-31",
        "reason": "Agreed by phone.",
    }

    done = await desk.follow(await desk.submit(opened, base, typed))
    assert "1,200" in _threads(done)
    assert "Agreed by phone." in done.words
    assert "31 Jan 2999" in done.words
    removed = await desk.follow(await desk.submit(done, f"{base}/remove", {"reason": "Over."}))

    assert " 5 " in _threads(removed)
    assert not removed.has_form(f"{base}/remove")
    sql = "SELECT count(*) FROM audit_event WHERE action LIKE 'entitlement.override%'"
    assert await db.fetch_value(sql) == 2


BAD = {
    "an unknown feature": ({"feature": "GOLD"}, "feature"),
    "a limit of letters": ({"limit": "many"}, "limit"),
    "a negative limit": ({"limit": "-1"}, "limit"),
    "a limit of what is on or off": ({"feature": "SSO", "limit": "3"}, "limit"),
    "no date": ({"expires_at": "soon"}, "expires_at"),
    "a past date": ({"expires_at": "2001-01-01"}, "expires_at"),
    "no reason": ({"reason": " "}, "reason"),
    "a limit with superscripts": ({"limit": "²"}, "limit"),
    "a limit of 5,000 digits": ({"limit": "9" * 5_000}, "limit"),
}


@pytest.mark.parametrize(("typed", "field"), BAD.values(), ids=BAD.keys())
async def test_bad_overrides_are_shown_at_their_field(
    desk: Browser, services: Services, fingerprint: Fingerprint, typed: dict[str, str], field: str
) -> None:
    person = await make_reader("zoe", TierCode.FREE)
    opened = await open_account(desk, person)
    base = f"/staff/customers/{person.actor.account_id}/overrides"
    before = await fingerprint()

    good = {"feature": "THREADS", "access": "on", "limit": "9", "reason": "Agreed."}
    seen = await desk.submit(opened, base, {**good, **typed})

    assert seen.status == 422
    assert f"#override-{field}" in seen.links()
    assert await fingerprint() == before


async def test_removing_needs_a_reason(desk: Browser, services: Services) -> None:
    person = await make_reader("zoe", TierCode.FREE)
    await override(person, Feature.THREADS, 7)
    opened = await open_account(desk, person)
    base = f"/staff/customers/{person.actor.account_id}/overrides"

    seen = await desk.submit(opened, f"{base}/remove", {"reason": ""})

    assert seen.status == 422
    assert "#remove-threads-reason" in seen.links()
    assert seen.has_form(f"{base}/remove")


async def test_the_desk_decides_about_no_account_of_its_own(
    desk: Browser, services: Services
) -> None:
    found = await desk.get("/staff/customers?q=sam@example.org")
    link = found.location
    opened = await desk.get(link)

    typed = {"feature": "SSO", "access": "on", "reason": "I like it."}
    seen = await desk.submit(opened, f"{link}/overrides", typed)

    assert seen.status == 409
    assert "another colleague decides" in seen.words


async def test_what_the_desk_saw_is_audited(desk: Browser, services: Services) -> None:
    person = await make_reader("zoe", TierCode.FREE)
    await open_account(desk, person)

    sql = """
        SELECT count(*) FROM audit_event WHERE action = 'staff.read'
        AND detail ->> 'what' = 'account' AND subject = $1
    """
    assert await db.fetch_value(sql, str(person.actor.account_id)) == 1


async def test_an_unknown_address_finds_nothing(desk: Browser) -> None:
    seen = await desk.get("/staff/customers?q=nobody@example.org")

    assert "Nobody has this." in seen.words


async def test_an_account_that_there_is_not_is_not_found(desk: Browser) -> None:
    path = "/staff/customers/00000000-0000-7000-8000-000000000000"

    assert (await desk.get(path)).status == 404


async def test_accounts_are_for_the_support_team(browser: Browser) -> None:
    browser.become(await make_reader("rita", staff=(Staff.REVIEWER,)))

    assert (await browser.get("/staff/customers")).status == 403
    assert "/staff/customers" not in (await browser.get("/")).links()


@pytest.mark.parametrize(
    "typed",
    ["no address", "\u00e9l\u00e9na@example.org", "a" * 5_000, "' OR 1 = 1 --", "%"],
    ids=["no address", "accents", "long", "SQL", "per cent"],
)
async def test_odd_addresses_find_nothing(desk: Browser, typed: str) -> None:
    await make_reader("zoe")

    seen = await desk.get(f"/staff/customers?q={quote(typed)}")

    assert seen.status == 200
    assert not [link for link in seen.links() if link.startswith("/staff/customers/")]
