"""The finance desk's pages of revenue: figures, periods, rows behind them, costs."""

import csv
import io

import pytest

from chenu.accounts.actor import Staff
from chenu.analytics.costs import CostInput, record_cost
from chenu.analytics.model import Metric
from chenu.analytics.targets import CHECKLIST
from chenu.core.clock import business_now
from chenu.core.i18n import LOCALES
from chenu.core.months import Month, month_of
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from storefront.revenue_period import LENGTHS
from tests.api.calls import counted_statements
from tests.flows.plans import change, open_paid_plan
from tests.people import Person
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.test_pages import check_headers, check_page
from tests.storefront.visitors import make_reader
from tests.stripe_side import StripeSide

PATH = "/staff/revenue"
ROWS = f"{PATH}/rows"
COSTS = f"{PATH}/costs"
TYPED = {"month": "2026-01", "channel": "Ads", "amount": "1 250,50", "reason": "January’s ads."}


@pytest.fixture
async def customer(services: Services, stripe_side: StripeSide) -> Person:
    """Pays STARTER, and then PRO: an MRR of 29 euros."""
    await stripe_side.reset()
    person = await open_paid_plan(services)
    await change(services, person.actor, TierCode.PRO)
    return person


async def _enter(browser: Browser) -> Browser:
    return browser.become(await make_reader("fin", staff=(Staff.FINANCE,)))


def _tables(seen: Seen) -> list[str]:
    return [" ".join(table.text.split()) for table in seen.page.find("table")]


async def test_figures_stand_beside_their_targets(browser: Browser, customer: Person) -> None:
    desk = await _enter(browser)

    seen = await desk.get(PATH)

    assert "MRR, net of discounts €29.00" in seen.words
    assert "Target: ≥ €50,000.00 €49,971.00 missing" in seen.words
    assert "Target: < 5%" in seen.words
    assert "Target: > 3, aim 5 not known yet" in seen.words
    assert "12 × MRR" in seen.words
    assert f"{ROWS}/mrr?last={month_of(business_now())}" in seen.links()


async def test_movements_are_drawn_and_written(browser: Browser, customer: Person) -> None:
    desk = await _enter(browser)

    seen = await desk.get(f"{PATH}?months=3")

    [table] = [words for words in _tables(seen) if words.startswith("Month Opening")]
    assert table.endswith("€0.00 €9.00 €0.00 €20.00 €0.00 €0.00 €29.00 1")
    kinds = {each.attributes.get("class") for each in seen.page.find("rect")}
    assert {"move-new", "move-expansion", "level-5"} <= kinds
    drawn = seen.page.find("svg", role="img")
    assert len(drawn) == 4
    for each in drawn:
        title, text = each.attributes["aria-labelledby"].split()
        assert seen.page.find("title", id=title)[0].text
        assert seen.page.find("desc", id=text)[0].text


async def test_the_checklist_has_ten_rows_with_formula_target_actual_and_gap(
    browser: Browser, customer: Person
) -> None:
    desk = await _enter(browser)

    seen = await desk.get(PATH)

    checklist, funnel = _tables(seen)[-2:]
    assert len(CHECKLIST) == 10
    heads = "Figure How it is computed Target Actual Gap State"
    assert checklist.startswith(heads)
    assert funnel.startswith(heads)
    assert "Accounts with an MRR above zero ≥ 1,000 1 999 not reached" in checklist
    assert "STARTER → PRO" in funnel
    assert "of 10 points" in seen.words


async def test_before_anybody_pays_the_page_says_what_comes(
    services: Services, browser: Browser
) -> None:
    desk = await _enter(browser)

    seen = await desk.get(PATH)

    assert seen.status == 200
    assert "No regular revenue in this time" in seen.words
    assert seen.page.find("svg", role="img") == []
    assert "€0.00" in seen.words


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_page_is_whole_in_both_languages(
    open_browser: OpenBrowser, services: Services, customer: Person, locale: str
) -> None:
    browser = await open_browser(locale)
    staff = await make_reader("fin", staff=(Staff.FINANCE,))
    await record_cost(staff.actor, CostInput(Month(2026, 1), "ads", 90), "Ads.")
    await put("app_user", "locale", locale)
    browser.become(staff)

    paths = [f"{PATH}?months={length}" for length in LENGTHS]
    paths += [COSTS, *(f"{ROWS}/{metric.lower()}" for metric in Metric)]
    for path in paths:
        seen = await browser.get(path)
        assert (path, seen.status) == (path, 200)
        check_page(seen, locale)
        check_headers(seen, private=True)
        _check_regions(seen)


def _check_regions(seen: Seen) -> None:
    """Each landmark has a name of its own."""
    names = [
        each.attributes.get("aria-label") or each.attributes["aria-labelledby"]
        for each in seen.page.elements
        if each.attributes.get("role") == "region" or each.tag == "nav"
    ]
    assert len(names) == len(set(names))


async def test_a_period_is_chosen_by_links_and_ends_with_any_month(
    browser: Browser, customer: Person
) -> None:
    desk = await _enter(browser)
    present = month_of(business_now())

    seen = await desk.get(PATH)
    short = await desk.get(f"{PATH}?months=3&last={present}")
    earlier = await desk.get(f"{PATH}?months=6&last={present.previous()}")
    by_form = dict(seen.form(PATH).fields)

    for length in LENGTHS:
        assert f"{PATH}?months={length}&last={present}" in seen.links()
    assert f"{PATH}?months=12&last={present.previous()}" in seen.links()
    assert f"{PATH}?months=12&last={present.next()}" not in seen.links()
    assert by_form == {"months": "12", "last": str(present)}
    assert (
        len(short.page.find("polyline", class_="line-value")[0].attributes["points"].split()) == 3
    )
    assert "is not over" in short.words
    assert "is not over" not in earlier.words
    assert f"{PATH}?months=6&last={present}" in earlier.links()
    assert "No regular revenue in this time" in earlier.words


@pytest.mark.parametrize(
    "query", ["months=5", "months=x", "last=2026", "last=2999-12", "months=12&last=x"]
)
async def test_a_period_that_there_is_not_is_refused_in_words(
    services: Services, browser: Browser, query: str
) -> None:
    desk = await _enter(browser)

    seen = await desk.get(f"{PATH}?{query}")

    assert seen.status == 422
    assert any(
        words in seen.words
        for words in ("Please choose one of", "A month is written like", "still to come")
    )


async def test_a_script_swaps_the_period_alone(browser: Browser, customer: Person) -> None:
    desk = await _enter(browser)

    part = await desk.get(f"{PATH}?months=3", hx_request="true", hx_request_type="partial")

    month = month_of(business_now())
    assert part.response.headers["hx-push-url"] == f"{PATH}?months=3&last={month}"
    assert part.page.find("main") == part.page.find("h1") == []
    assert "Figures of" in part.page.find("p", id="revenue-said")[0].text


async def test_any_period_takes_the_same_few_statements(browser: Browser, customer: Person) -> None:
    desk = await _enter(browser)
    counts = []

    for length in LENGTHS:
        async with counted_statements() as statements:
            assert (await desk.get(f"{PATH}?months={length}")).status == 200
        counts.append(len(statements))

    assert len(set(counts)) == 1
    assert counts[0] <= 12


async def test_each_figure_opens_the_rows_that_it_is_made_of(
    browser: Browser, customer: Person
) -> None:
    desk = await _enter(browser)

    arpu = await desk.get(f"{ROWS}/arpu")
    paying = await desk.get(f"{ROWS}/arpu?part=PAYING")

    assert "ARPU : €29.00" in arpu.words
    assert "MRR ÷ paying customers" in arpu.words
    assert "In all: €29.00" in arpu.words
    assert "In all: 1" in paying.words
    assert len(_tables(arpu)) == len(_tables(paying)) == 1
    assert any("part=PAYING" in link for link in arpu.links())


@pytest.mark.parametrize(
    ("path", "status"), [("nothing", 404), ("arpu?part=SALES", 422), ("mrr?last=2999-01", 422)]
)
async def test_rows_of_nothing_are_refused(
    services: Services, browser: Browser, path: str, status: int
) -> None:
    desk = await _enter(browser)

    assert (await desk.get(f"{ROWS}/{path}")).status == status
    file = path.replace("?", "/export.csv?") if "?" in path else f"{path}/export.csv"
    assert (await desk.get(f"{ROWS}/{file}")).status == status


async def test_rows_are_paged_by_key_and_the_file_has_all(
    services: Services, browser: Browser
) -> None:
    desk = await _enter(browser)
    for number in range(51):
        await make_reader(f"reader-{number}")
    await put("account", "name", "=1+1")

    first = await desk.get(f"{ROWS}/free_to_paid?part=SIGN_UPS")
    [further] = [link for link in first.links() if "after=" in link]
    second = await desk.get(further)
    [export] = [link for link in first.links() if "export.csv" in link]
    file = (await desk.get(export)).response

    assert "In all: 52" in first.words
    assert [len(seen.page.find("tr")) - 1 for seen in (first, second)] == [50, 2]
    assert file.headers["content-type"].startswith("text/csv")
    head, *rows = list(csv.reader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert head == ["Time (UTC)", "Customer", "Account", "What", "Amount, EUR", "Count"]
    assert len(rows) == 52
    assert {row[1] for row in rows} == {"'=1+1"}
    assert {tuple(row[4:]) for row in rows} == {("", "1")}


async def test_a_file_has_amounts_in_euros(browser: Browser, customer: Person) -> None:
    desk = await _enter(browser)

    file = (await desk.get(f"{ROWS}/mrr/export.csv")).response

    assert "chenu-revenue-mrr-" in file.headers["content-disposition"]
    [_, row] = list(csv.reader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert row[4:] == ["29.00", ""]


async def test_a_cost_is_recorded_with_its_reason(services: Services, browser: Browser) -> None:
    desk = await _enter(browser)
    empty = await desk.get(COSTS)

    done = await desk.follow(await desk.submit(empty, COSTS, TYPED))
    again = await desk.follow(await desk.submit(done, COSTS, {**TYPED, "amount": "3"}))

    assert "No costs recorded yet" in empty.words
    assert "January 2026 ads €1,250.50" in done.words
    assert "January 2026 ads €3.00" in again.words
    assert "The cost is recorded" in done.words
    assert await count("acquisition_cost") == 1
    assert "reason" in str(empty.form(COSTS).names())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("month", "2999-01"),
        ("month", "soon"),
        ("channel", ""),
        ("channel", "x" * 61),
        ("amount", "-1"),
        ("amount", "many"),
        ("reason", ""),
    ],
)
async def test_what_is_wrong_with_a_cost_is_said_beside_its_field(
    services: Services, browser: Browser, fingerprint: Fingerprint, field: str, value: str
) -> None:
    desk = await _enter(browser)
    page = await desk.get(COSTS)
    before = await fingerprint()

    refused = await desk.submit(page, COSTS, {**TYPED, field: value})

    assert refused.status == 422
    assert f"#cost-{field}" in refused.links()
    typed = dict(refused.form(COSTS).fields)
    assert all(typed[name] == ({**TYPED, field: value})[name] for name in TYPED)
    assert await fingerprint() == before


@pytest.mark.parametrize("role", [None, Staff.SUPPORT, Staff.REVIEWER], ids=str)
async def test_others_do_not_see_it(
    services: Services, browser: Browser, role: Staff | None
) -> None:
    browser.become(await make_reader("other", staff=(role,) if role else ()))

    for path in (PATH, COSTS, f"{ROWS}/mrr", f"{ROWS}/mrr/export.csv"):
        assert (path, (await browser.get(path)).status) == (path, 403)
