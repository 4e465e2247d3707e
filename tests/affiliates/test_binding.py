"""Whoever signs up is bound to the affiliate who brought them: once, and never to themselves."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chenu.accounts.devices import remember_device
from chenu.accounts.queries import get_personal_account
from chenu.accounts.sessions import NewSession
from chenu.accounts.users import Browser, SignUp
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.click_tokens import FollowedLink, read_click, sign_click
from chenu.affiliates.clicks import record_click
from chenu.affiliates.errors import SelfReferral
from chenu.affiliates.model import ClickId, ReferralOrigin, ReferralReason, ReferralState
from chenu.affiliates.referrals import ReferralRow, find_referral_of
from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.ids import new_id
from chenu.flows.affiliates.sign_up import refuse_own_code, sign_up_customer
from chenu.flows.services import Services
from tests.affiliates.bound import make_affiliate
from tests.affiliates.test_clicks import FIREFOX
from tests.people import PASSWORD, make_person
from tests.rows import count


async def _follow(services: Services, affiliate: AffiliateRow) -> str:
    """The cookie of somebody who followed the link and said yes."""
    click = await record_click(affiliate.code, "/", "192.0.2.7", FIREFOX)
    assert click is not None
    return sign_click(FollowedLink(click, affiliate.code), services.settings.secret)


async def _sign_up(
    services: Services,
    code: str | None = None,
    *,
    email: str = "zoe@example.org",
    browser: Browser | None = None,
) -> NewSession:
    person = SignUp(email, PASSWORD, "Zoé", referral_code=code)
    return await sign_up_customer(services.settings, person, browser or Browser())


async def _referral_of(session: NewSession) -> ReferralRow | None:
    return await find_referral_of(await get_personal_account(session.owner))


async def test_the_last_click_wins_over_the_code_in_the_form(services: Services) -> None:
    aline = await make_affiliate(await make_person("aline"))
    bob = await make_affiliate(await make_person("bob"))
    browser = Browser(followed_link=await _follow(services, aline))

    referral = await _referral_of(await _sign_up(services, bob.code, browser=browser))

    assert referral is not None
    assert (referral.affiliate_id, referral.state) == (aline.id, ReferralState.BOUND)
    assert (referral.origin, referral.reason) == (ReferralOrigin.LINK, "")
    assert referral.click == await db.fetch_value("SELECT id FROM affiliate_click")
    assert referral.clicked_at == await db.fetch_value("SELECT clicked_at FROM affiliate_click")


async def test_a_click_counts_for_90_days_by_the_servers_row(services: Services) -> None:
    aline = await make_affiliate(await make_person("aline"))
    browser = Browser(followed_link=await _follow(services, aline))

    await advance_clock(timedelta(days=90) - timedelta(minutes=1))
    in_time = await _sign_up(services, browser=browser)
    await advance_clock(timedelta(minutes=1))
    too_late = await _sign_up(services, email="yann@example.org", browser=browser)

    assert await _referral_of(in_time) is not None
    assert await _referral_of(too_late) is None


@pytest.mark.parametrize("write", [str, str.lower, " {} ".format], ids=["code", "small", "spaces"])
async def test_without_a_cookie_the_code_in_the_form_binds(
    services: Services, write: Callable[[str], str]
) -> None:
    aline = await make_affiliate(await make_person("aline"))

    referral = await _referral_of(await _sign_up(services, write(aline.code)))

    assert referral is not None
    assert (referral.affiliate_id, referral.origin) == (aline.id, ReferralOrigin.CODE)
    assert (referral.state, referral.click, referral.clicked_at) == ("BOUND", None, None)


@pytest.mark.parametrize(
    "code",
    ["CHENU00000000", "CHENU0000", "a friend", "", None],
    ids=["unknown", "short", "words", "empty", "none"],
)
async def test_a_code_of_nobody_stops_nobody(services: Services, code: str | None) -> None:
    session = await _sign_up(services, code)

    assert await _referral_of(session) is None


async def test_a_suspended_affiliate_gets_no_customers(services: Services) -> None:
    aline = await make_affiliate(await make_person("aline"))
    browser = Browser(followed_link=await _follow(services, aline))
    await db.execute("UPDATE affiliate SET status = 'SUSPENDED'")

    session = await _sign_up(services, aline.code, browser=browser)

    assert await _referral_of(session) is None


async def test_a_cookie_that_we_did_not_sign_is_none(services: Services) -> None:
    aline = await make_affiliate(await make_person("aline"))
    token = await _follow(services, aline)
    forged = sign_click(FollowedLink(ClickId(new_id()), aline.code), b"another secret")
    secret = services.settings.secret

    for cookie in (forged, token[:-1], token.upper(), token + "0", "", "a.b.c", token + "\n"):
        assert read_click(cookie, secret) is None
    assert read_click(token, secret) is not None


@pytest.mark.parametrize(
    ("own", "typed"),
    [
        ("aline@example.org", "aline+shop@example.org"),
        ("a.line@gmail.com", "aline@googlemail.com"),
        ("aline@gmail.com", "A.Li.Ne+x@gmail.com"),
    ],
    ids=["tag", "google mail", "dots"],
)
async def test_nobody_earns_with_their_own_mailbox(
    services: Services, own: str, typed: str
) -> None:
    person = await make_person("aline")
    await db.execute("UPDATE app_user SET email = $1", own)
    aline = await make_affiliate(person)

    referral = await _referral_of(await _sign_up(services, aline.code, email=typed))

    assert referral is not None
    assert (referral.state, referral.reason) == ("REFUSED", ReferralReason.SAME_MAILBOX)


async def test_nobody_earns_with_their_own_browser(services: Services) -> None:
    person = await make_person("aline")
    aline = await make_affiliate(person)
    devices = await remember_device(person.user_id, "")

    signed_in = await _sign_up(services, aline.code, browser=Browser(session_token=person.token))
    signed_out = await _sign_up(
        services, aline.code, email="yann@example.org", browser=Browser(devices=devices)
    )

    for session in (signed_in, signed_out):
        referral = await _referral_of(session)
        assert referral is not None
        assert (referral.state, referral.reason) == ("REFUSED", ReferralReason.OWN_BROWSER)


async def test_a_customer_is_not_bound_anew(services: Services) -> None:
    aline = await make_affiliate(await make_person("aline"))
    customer = await make_person("yann")
    browser = Browser(session_token=customer.token)

    referral = await _referral_of(await _sign_up(services, aline.code, browser=browser))

    assert referral is not None
    assert (referral.state, referral.reason) == ("REFUSED", ReferralReason.EXISTING_CUSTOMER)


async def test_a_signed_in_affiliate_sees_that_the_code_is_their_own(services: Services) -> None:
    person, other = await make_person("aline"), await make_person("bob")
    aline = await make_affiliate(person)

    with pytest.raises(SelfReferral):
        await refuse_own_code(person.actor, aline.code.lower())
    await refuse_own_code(other.actor, aline.code)
    await refuse_own_code(person.actor, None)

    assert await count("referral") == 0
