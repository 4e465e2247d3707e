"""Running an agent once from its page and from the library, with scripts and without."""

import re
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import AccountRole
from chenu.agents.run_access import FREE_TRY_TOKENS
from chenu.agents.run_summaries import mark_summary_due, refresh_run_summaries
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.agents.runs import put_run
from tests.attacks.pages import csrf_of, session_headers
from tests.flows.runs import Bench, give_agent, set_up
from tests.people import make_member
from tests.rows import count, fingerprint
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_reader

HTMX = {"hx-request": "true", "hx-request-type": "partial"}


@pytest.fixture
async def bench(services: Services) -> Bench:
    """Somebody who reads English, with 1,000 tokens."""
    return await set_up(services, person=await make_reader("zoe"))


async def page_of(agent_id: object) -> str:
    slug = await db.fetch_value("SELECT slug FROM agent WHERE id = $1", agent_id)
    return f"/agents/{slug}"


async def send(
    client: httpx.AsyncClient, bench: Bench, agent_id: object, **fields: Any
) -> httpx.Response:
    """As htmx does."""
    form = {"csrf_token": csrf_of(bench.services, bench.person), "idempotency_key": "one", **fields}
    headers = {**session_headers(bench.services, bench.person), **HTMX}
    return await client.post(f"{await page_of(agent_id)}/try", data=form, headers=headers)


async def test_an_agent_of_the_plan_runs_from_its_page_without_scripts(
    browser: Browser, bench: Bench
) -> None:
    browser.become(bench.person)
    path = await page_of(bench.agent_id)
    page = await browser.get(path)

    sent = await browser.submit(page, f"{path}/try", {"max_tokens": "30"})
    after = await browser.follow(sent)

    assert "Done: the run took 5 tokens. Left to spend: 995." in after.words
    assert "does no work" in page.words
    assert await bench.balance() == (995, 0)
    assert await count("execution", "status = 'COMPLETED' AND reported_by = 'SESSION'") == 1


async def test_with_htmx_only_the_form_is_answered(client: httpx.AsyncClient, bench: Bench) -> None:
    answer = await send(client, bench, bench.agent_id, max_tokens="30")

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'id="try-{bench.agent_id}"' in answer.text
    assert "took 5 tokens" in answer.text


async def test_the_same_form_sent_twice_runs_once(client: httpx.AsyncClient, bench: Bench) -> None:
    first = await send(client, bench, bench.agent_id, max_tokens="30")
    second = await send(client, bench, bench.agent_id, max_tokens="30")

    key = re.compile(r'name="idempotency_key" value="\w+"')
    assert key.sub("", first.text) == key.sub("", second.text)
    assert await count("execution") == 1


async def test_a_form_sent_again_shows_its_run_though_runs_take_more_by_now(
    client: httpx.AsyncClient, bench: Bench
) -> None:
    await send(client, bench, bench.agent_id, max_tokens="30")
    await db.execute(
        """UPDATE agent_version SET manifest = manifest || '{"minTokens": 9}' WHERE agent = $1""",
        bench.agent_id,
    )

    again = await send(client, bench, bench.agent_id, max_tokens="30")

    assert again.status_code == 200
    assert "took 5 tokens" in again.text
    assert await bench.balance() == (995, 0)


async def test_the_library_has_a_form_for_each_agent_that_can_be_used(
    browser: Browser, bench: Bench
) -> None:
    await give_agent(bench)
    browser.become(bench.person)
    library = await browser.get("/library")
    action = f"{await page_of(bench.foreign_id)}/try"

    after = await browser.follow(await browser.submit(library, action, {}))

    assert "Done: the run took 1 token" in after.words
    assert await count("access_grant", "first_used_at IS NOT NULL") == 1


async def test_three_free_tries_are_offered_and_counted(browser: Browser, bench: Bench) -> None:
    browser.become(bench.person)
    path = await page_of(bench.foreign_id)
    seen = []
    for _ in range(3):
        page = await browser.get(path)
        seen.append(page.words)
        after = await browser.follow(await browser.submit(page, f"{path}/try", {}))

    assert "3 free tries are left" in seen[0]
    assert "1 free try is left" in seen[2]
    assert "cost you nothing" in after.words
    assert "Your free tries of this agent are used" in after.words
    assert not after.has_form(f"{path}/try")
    assert await bench.balance() == (1000, 0)


async def test_what_is_typical_is_taken_once_the_apps_have_reported_enough(
    client: httpx.AsyncClient, bench: Bench
) -> None:
    for _ in range(20):
        await put_run(bench.account_id, bench.agent_id, tokens_used=12)
    await mark_summary_due(bench.agent_id)
    await refresh_run_summaries()

    answer = await send(client, bench, bench.agent_id, max_tokens="30")

    assert "took 12 tokens" in answer.text
    assert "typically takes 12" in answer.text


async def test_the_page_shows_the_figures_of_an_agent(browser: Browser, bench: Bench) -> None:
    for _ in range(20):
        await put_run(bench.account_id, bench.agent_id, tokens_used=12)
    await mark_summary_due(bench.agent_id)
    await refresh_run_summaries()

    page = await browser.get(await page_of(bench.agent_id))

    assert "Runs that succeeded, in 30 days100 % of 20" in page.words
    assert "Tokens a run, in the middle12" in page.words


@pytest.mark.parametrize(
    "typed", ["", "0", "-1", "4", "1.5", "many", "99999999999", "１２", "1e3"], ids=repr
)
@pytest.mark.parametrize("scripts", [True, False])
async def test_bad_numbers_are_named_and_change_nothing(
    browser: Browser, client: httpx.AsyncClient, bench: Bench, typed: str, scripts: bool
) -> None:
    before = await fingerprint()
    if scripts:
        text = (await send(client, bench, bench.agent_id, max_tokens=typed)).text
    else:
        browser.become(bench.person)
        path = await page_of(bench.agent_id)
        sent = await browser.submit(await browser.get(path), f"{path}/try", {"max_tokens": typed})
        text = sent.response.text
        assert sent.status == 422
    after = await fingerprint()
    del before["user_session"], after["user_session"]

    assert 'role="alert"' in text
    assert re.search(r"from 1 to|takes 5 tokens or more", text)
    assert after == before


async def test_without_tokens_the_form_says_where_there_are_some(
    client: httpx.AsyncClient, services: Services
) -> None:
    bench = await set_up(services, tokens=0, person=await make_reader("zoe"))

    answer = await send(client, bench, bench.agent_id, max_tokens="30")

    assert "0 are available" in answer.text
    assert 'href="/tokens"' in answer.text


async def test_nobody_is_offered_what_they_may_not_run(
    browser: Browser, bench: Bench, services: Services
) -> None:
    path, own = await page_of(bench.foreign_id), await page_of(bench.agent_id)
    nobody = await browser.get(own)
    browser.become(await make_reader("free", TierCode.FREE))
    free = await browser.get(path)
    company = await make_reader("company", TierCode.BUSINESS)
    browser.become(await make_member(company, "payer", AccountRole.BILLING))

    assert not nobody.has_form(f"{own}/try")
    assert not free.has_form(f"{path}/try")


@pytest.mark.parametrize("run", ["x", "", "01a2238b-f40b-75f4-9eff-baa0d60e17e4"])
async def test_an_unknown_run_in_the_address_shows_nothing(
    browser: Browser, bench: Bench, run: str
) -> None:
    browser.become(bench.person)

    page = await browser.get(f"{await page_of(bench.agent_id)}?run={run}")

    assert "Done:" not in page.words


def test_a_free_try_has_a_most() -> None:
    assert FREE_TRY_TOKENS == 50
