"""Pages of the return on investment: the golden case, words, own numbers, and files."""

import csv
import io
import re

import pytest

from chenu.accounts.actor import AccountRole
from chenu.accounts.sessions import choose_account
from chenu.agents.model import AgentId
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.agents.runs import put_run
from tests.agents.shelf import open_shop, shelve
from tests.people import Person, make_member, make_person
from tests.roi.paid import account_of, day, pay_pack, pay_plan
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen

NOVEMBER = "?period=MONTH&on=2026-11-15"
HOSTILE = '=HYPERLINK("https://evil.example","<script>alert(1)</script>")'


@pytest.fixture
async def person(services: Services, browser: Browser) -> Person:
    person = await make_person("zoe")
    await put("app_user", "locale", "en")
    browser.become(person)
    return person


async def live_golden(person: Person, name: str = "Trieur") -> AgentId:
    """A paid month of 29 € and 50 runs whose agent claims 15 minutes."""
    agent = await shelve(await open_shop(), name)
    for each in range(50):
        await put_run(account_of(person), agent, finished_at=day(2026, 11, each // 2 + 1, 9))
    await pay_plan(account_of(person), 2900)
    return agent


def text_of(seen: Seen, element_id: str, tag: str = "dd") -> str:
    [found] = seen.page.find(tag, id=element_id)
    return " ".join(found.text.split())


async def test_the_golden_case_is_shown(browser: Browser, person: Person) -> None:
    await live_golden(person)

    seen = await browser.get(f"/roi{NOVEMBER}")

    assert text_of(seen, "roi-hours") == "12.5 h"
    assert text_of(seen, "roi-value") == "€625.00"
    assert text_of(seen, "roi-cost") == "€29.00"
    assert text_of(seen, "roi-percent") == "2055%"
    assert text_of(seen, "roi-period", "h2") == "November 2026"


async def test_it_is_shown_in_french(browser: Browser, person: Person) -> None:
    await put("app_user", "locale", "fr")
    await live_golden(person)

    seen = await browser.get(f"/roi{NOVEMBER}")

    assert text_of(seen, "roi-hours") == "12,5 h"
    assert text_of(seen, "roi-percent") == "2055 %"
    assert text_of(seen, "roi-period", "h2") == "Novembre 2026"


async def test_the_chart_has_its_words_and_its_table(browser: Browser, person: Person) -> None:
    await live_golden(person)

    seen = await browser.get(f"/roi{NOVEMBER}")
    svg = re.search(r"<svg class=\"line-chart\".*?</svg>", seen.response.text, re.S)
    assert svg is not None
    rows = [row for row in re.findall(r"<tr>.*?</tr>", seen.response.text) if " Nov</th>" in row]

    assert 'role="img" aria-labelledby="roi-chart-title roi-chart-desc"' in svg[0]
    assert "Value created and cost, by day</title>" in svg[0]
    assert "Value created €625.00, cost €29.00 in all." in svg[0]
    assert svg[0].count("<polyline") == 2
    assert len(rows) == 30
    assert "€25.00" in rows[0]


@pytest.mark.parametrize(
    ("period", "title", "steps"),
    [("QUARTER", "4th quarter 2026", 14), ("YEAR", "2026", 12)],
)
async def test_other_periods_are_a_link_away(
    browser: Browser, person: Person, period: str, title: str, steps: int
) -> None:
    await live_golden(person)
    month = await browser.get(f"/roi{NOVEMBER}")
    [link] = [each for each in month.links() if each.startswith(f"/roi?period={period}")]

    seen = await browser.get(link)

    assert text_of(seen, "roi-period", "h2") == title
    assert seen.response.text.count('class="dot-cost"') == steps


async def test_earlier_periods_and_those_that_have_begun_are_linked(
    browser: Browser, person: Person
) -> None:
    now = await browser.get("/roi")
    first = await browser.get("/roi?period=YEAR&on=2000-06-01")
    then = await browser.get("/roi?period=MONTH&on=2026-02-28")

    assert "/roi?period=YEAR&on=2001-01-01" in first.links()
    assert [link for link in first.links() if "on=1999" in link] == []
    assert {"/roi?period=MONTH&on=2026-01-01", "/roi?period=MONTH&on=2026-03-01"} <= set(
        then.links()
    )
    assert 'rel="next"' not in now.response.text


async def test_without_cost_words_stand_for_the_percentage(
    browser: Browser, person: Person
) -> None:
    seen = await browser.get("/roi")

    assert text_of(seen, "roi-percent") == "no cost"
    assert "Nothing was paid for this period, so there is no percentage." in seen.words
    assert "No completed run in this period" in seen.words


@pytest.mark.parametrize("path", ["/roi", "/roi/how", "/roi/export.csv", "/roi/export.pdf"])
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?period=WEEK", "MONTH, QUARTER, YEAR"),
        ("?period=", "MONTH, QUARTER, YEAR"),
        ("?on=yesterday", "2026-12-31"),
        ("?on=2026-02-30", "2026-12-31"),
        ("?on=1999-12-31", "2000 to 2100"),
        ("?on=9999-12-31", "2000 to 2100"),
    ],
)
async def test_a_period_that_is_none_is_refused_in_words(
    browser: Browser, person: Person, path: str, query: str, words: str
) -> None:
    seen = await browser.get(path + query)

    assert seen.status == 422
    assert words in seen.words


async def test_every_step_is_shown_with_own_numbers(browser: Browser, person: Person) -> None:
    agent = await live_golden(person)
    await put_run(account_of(person), agent, finished_at=day(2026, 11, 9), seconds_saved=600)
    await pay_pack(account_of(person), 900, day(2026, 11, 12))

    seen = await browser.get(f"/roi/how{NOVEMBER}")

    for words in (
        "51 runs were completed in these days.",
        "45,600 seconds ÷ 3,600 = 12.67 h",
        "45,600 seconds ÷ 3,600 × €50.00 = €633.33",
        "Plan, invoice CHENU-0001",
        "30 of 30 days",
        "Token pack, invoice CHENU-0009",
        "Together: €38.00",
        "(€633.33 − €38.00) ÷ €38.00 = 1566.66%, shown as 1567%",
    ):
        assert words in seen.words


async def test_own_numbers_are_saved_shown_and_taken_back(browser: Browser, person: Person) -> None:
    await live_golden(person)
    page = await browser.get("/roi")

    sent = await browser.submit(page, "/roi/settings", {"hourly_rate": "45.50", "minutes": "7.5"})
    seen = await browser.get(sent.location)
    november = await browser.get(f"/roi{NOVEMBER}")
    await browser.submit(seen, "/roi/settings", {"hourly_rate": "", "minutes": ""})
    again = await browser.get(f"/roi{NOVEMBER}")

    assert "Your own numbers are saved" in seen.words
    fields = dict(seen.form("/roi/settings").fields)
    assert (fields["hourly_rate"], fields["minutes"]) == ("45.50", "7.500")
    assert text_of(november, "roi-hours") == "6.25 h"
    assert text_of(november, "roi-value") == "€284.38"
    assert text_of(again, "roi-value") == "€625.00"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"hourly_rate": "0.99"}, "at least €1.00 and at most €10,000.00"),
        ({"hourly_rate": "10000.01"}, "at least €1.00 and at most €10,000.00"),
        ({"hourly_rate": "a lot"}, "an amount in euros"),
        ({"hourly_rate": "-5"}, "an amount in euros"),
        ({"minutes": "0"}, "more than 0 and at most 1440"),
        ({"minutes": "1441"}, "more than 0 and at most 1440"),
        ({"minutes": "nan"}, "a number of minutes"),
    ],
    ids=str,
)
async def test_a_wrong_number_is_named_at_its_field_and_what_was_typed_stays(
    browser: Browser, person: Person, typed: dict[str, str], words: str
) -> None:
    page = await browser.get("/roi")

    seen = await browser.submit(page, "/roi/settings", typed)

    [(name, value)] = typed.items()
    assert seen.status == 422
    assert words in seen.words
    assert dict(seen.form("/roi/settings").fields)[name] == value
    assert f'href="#roi-{name}"' in seen.response.text
    assert await count("roi_setting") == 0


async def test_a_member_sees_the_numbers_and_cannot_change_them(
    services: Services, browser: Browser
) -> None:
    owner = await make_person("owner", TierCode.BUSINESS)
    member = await make_member(owner, "member", AccountRole.MEMBER)
    await put("app_user", "locale", "en")
    await live_golden(owner)
    await choose_account(member.actor, account_of(owner))
    browser.become(member)

    seen = await browser.get(f"/roi{NOVEMBER}")
    how = await browser.get(f"/roi/how{NOVEMBER}")

    assert text_of(seen, "roi-percent") == "2055%"
    assert not seen.has_form("/roi/settings")
    assert "An hour counts as €50.00." in seen.words
    assert "/account/invoices" not in how.links()


async def test_a_contract_that_is_invoiced_elsewhere_is_named(
    services: Services, browser: Browser
) -> None:
    browser.become(await make_person("grande", TierCode.ENTERPRISE))

    assert "facturé hors de CHE·NU" in (await browser.get("/roi")).words


def rows_of(seen: Seen, separator: str = ",") -> list[list[str]]:
    text = seen.response.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=separator))


async def test_the_csv_has_the_whole_the_steps_and_the_agents(
    browser: Browser, person: Person
) -> None:
    await live_golden(person)

    seen = await browser.get(f"/roi/export.csv{NOVEMBER}")
    head, whole, *steps, agent = rows_of(seen)

    assert seen.response.headers["content-type"].startswith("text/csv")
    assert "chenu-roi-2026-11-01-2026-11-30.csv" in seen.response.headers["content-disposition"]
    assert head[0] == "Row"
    assert whole[4:] == ["50", "12.5", "625.00", "29.00", "2055.17", "1000"]
    assert len(steps) == 30
    assert steps[0][1:] == ["2026-11-01", "2026-11-01", "", "2", "0.5", "25.00", "0.96", "", ""]
    assert agent[3:] == ["Trieur", "50", "12.5", "625.00", "", "", "1000"]


async def test_the_csv_is_written_for_the_spreadsheets_of_the_language(
    browser: Browser, person: Person
) -> None:
    await put("app_user", "locale", "fr")
    await live_golden(person)

    whole = rows_of(await browser.get(f"/roi/export.csv{NOVEMBER}"), ";")[1]

    assert whole[4:] == ["50", "12,5", "625,00", "29,00", "2055,17", "1000"]


async def test_a_name_runs_nothing_in_a_spreadsheet(browser: Browser, person: Person) -> None:
    await live_golden(person, HOSTILE)

    seen = await browser.get(f"/roi/export.csv{NOVEMBER}")

    assert rows_of(seen)[-1][3] == f"'{HOSTILE}"


async def test_a_loss_is_a_number_and_no_formula(browser: Browser, person: Person) -> None:
    await pay_plan(account_of(person), 2900)

    seen = await browser.get(f"/roi/export.csv{NOVEMBER}")

    assert rows_of(seen)[1][8] == "-100"


async def test_somebody_who_is_not_signed_in_gets_no_file(browser: Browser) -> None:
    for path in ("/roi", "/roi/how", "/roi/export.csv", "/roi/export.pdf"):
        assert (await browser.get(path)).status in (303, 401), path


async def test_who_opens_the_dashboard_is_counted_once_a_month(
    browser: Browser, person: Person
) -> None:
    for path in ("/roi", f"/roi{NOVEMBER}", "/roi/export.csv"):
        assert (await browser.get(path)).status == 200

    assert await count("roi_view", "viewer = $1", person.user_id) == 1
