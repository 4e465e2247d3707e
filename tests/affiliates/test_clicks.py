"""Clicks of affiliates' links: counted on the server, without bots and without addresses."""

from datetime import timedelta

import pytest

from chenu.affiliates.bots import is_bot
from chenu.affiliates.click_keys import replace_click_key
from chenu.affiliates.clicks import count_clicks, find_click, record_click
from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now
from chenu.flows.services import Services
from tests.affiliates.bound import make_affiliate
from tests.people import make_person
from tests.rows import count

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def test_a_click_is_stored_with_its_landing_page_and_without_the_address(
    services: Services,
) -> None:
    affiliate = await make_affiliate(await make_person("aline"))

    click_id = await record_click(affiliate.code, "/pricing?a=b", "192.0.2.7", FIREFOX)

    assert click_id is not None
    click = await find_click(click_id)
    assert click is not None
    assert click.affiliate_id == affiliate.id
    assert click.clicked_at <= business_now()
    assert await db.fetch_value("SELECT landing FROM affiliate_click") == "/pricing"
    visitor = await db.fetch_value("SELECT visitor FROM affiliate_click")
    assert len(visitor) == 32
    assert b"192.0.2.7" not in visitor


async def test_one_visitor_counts_once_an_hour(services: Services) -> None:
    affiliate = await make_affiliate(await make_person("aline"))

    first = await record_click(affiliate.code, "/", "192.0.2.7", FIREFOX)
    again = await record_click(affiliate.code.lower(), "/agents", "192.0.2.7", FIREFOX)
    other = await record_click(affiliate.code, "/", "192.0.2.8", FIREFOX)
    await advance_clock(timedelta(hours=1))
    later = await record_click(affiliate.code, "/", "192.0.2.7", FIREFOX)

    assert first == again
    assert len({first, other, later}) == 3
    assert await count_clicks(affiliate.id) == await count("affiliate_click") == 3


async def test_clicks_are_counted_by_day(services: Services) -> None:
    affiliate = await make_affiliate(await make_person("aline"))
    other = await make_affiliate(await make_person("bob"))
    today = business_now().date()

    await record_click(affiliate.code, "/", "192.0.2.7", FIREFOX)
    await record_click(other.code, "/", "192.0.2.7", FIREFOX)
    await advance_clock(timedelta(days=1))
    await record_click(affiliate.code, "/", "192.0.2.7", FIREFOX)
    await record_click(affiliate.code, "/", "192.0.2.8", FIREFOX)

    tomorrow = today + timedelta(days=1)
    assert await count_clicks(affiliate.id, today) == 3
    assert await count_clicks(affiliate.id, tomorrow) == 2


async def test_unknown_codes_suspended_affiliates_and_bots_leave_nothing(
    services: Services,
) -> None:
    affiliate = await make_affiliate(await make_person("aline"))

    assert await record_click("CHENU00000000", "/", "192.0.2.7", FIREFOX) is None
    assert await record_click("//evil.example", "/", "192.0.2.7", FIREFOX) is None
    assert await record_click(affiliate.code, "/", "192.0.2.7", "Googlebot/2.1") is None
    await db.execute("UPDATE affiliate SET status = 'SUSPENDED'")
    assert await record_click(affiliate.code, "/", "192.0.2.7", FIREFOX) is None

    assert await count("affiliate_click") == await count("affiliate_day") == 0


async def test_the_key_is_replaced_after_90_days_and_the_old_one_is_gone(
    services: Services,
) -> None:
    affiliate = await make_affiliate(await make_person("aline"))
    await record_click(affiliate.code, "/", "192.0.2.7", FIREFOX)
    old = await db.fetch_value("SELECT secret FROM click_key")

    await advance_clock(timedelta(days=89))
    assert not await replace_click_key()
    await advance_clock(timedelta(days=1))
    assert await replace_click_key()

    assert await count("click_key") == 1
    assert await db.fetch_value("SELECT secret FROM click_key") != old
    await record_click(affiliate.code, "/", "192.0.2.7", FIREFOX)
    assert await db.fetch_value("SELECT count(DISTINCT visitor) FROM affiliate_click") == 2


_SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1"
)
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
)
_GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("user_agent", "bot"),
    [
        (FIREFOX, False),
        (_SAFARI, False),
        (_CHROME, False),
        ("Opera/9.80 (Android; Opera Mini/36.2) Presto/2.12 Version/12.16", False),
        ("Mozilla/5.0 (Linux; Android 12; CUBOT X50) AppleWebKit Chrome/142.0 Mobile", False),
        ("", True),
        ("curl/8.5.0", True),
        ("python-httpx/0.28", True),
        (_GOOGLE, True),
        ("facebookexternalhit/1.1", True),
        ("Mozilla/5.0 AppleWebKit (compatible; GPTBot/1.3; +https://openai.com/gptbot)", True),
        ("Mozilla/5.0 (compatible; YandexBot/3.0)", True),
        ("Mozilla/5.0 (compatible; Yahoo! Slurp)", True),
        ("WhatsApp/2.23", True),
    ],
    ids=[
        *("firefox", "safari", "edge", "opera mini", "a telephone named bot", "empty", "curl"),
        *("httpx", "google", "facebook", "gpt", "yandex", "yahoo", "whatsapp"),
    ],
)
def test_programs_that_follow_links_are_no_visitors(user_agent: str, *, bot: bool) -> None:
    assert is_bot(user_agent) is bot
