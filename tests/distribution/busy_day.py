"""A busy day in small: each of its moments once, by the faces that customers and Stripe use."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from chenu.accounts.actor import ApiScope
from chenu.accounts.users import Browser as Visitor
from chenu.accounts.users import SignUp
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.click_tokens import FollowedLink, sign_click
from chenu.affiliates.clicks import record_click
from chenu.core import db
from chenu.core.clock import business_now
from chenu.flows.affiliates.sign_up import sign_up_customer
from chenu.flows.services import Services
from chenu.flows.webhooks.deliver import deliver_due
from chenu.http.authorize import PATH
from chenu.jobs.mail_transport import make_transport
from chenu.jobs.schedule import RECURRING
from chenu.jobs.send_mail import send_mail
from chenu.metering.usage import store_usage
from chenu.tiers.catalogue import TierCode
from storefront.affiliate_statement import StatementPdfs
from tests.affiliates.bound import make_affiliate
from tests.affiliates.test_clicks import FIREFOX
from tests.api.calls import Api, as_key, as_service, as_session, counted_statements, gid
from tests.flows.plans import catch_up, complete, put_plans, start
from tests.flows.sales import Market, open_market, work_off
from tests.http.signed import SNAPSHOT, sign, snapshot_body
from tests.people import PASSWORD, Person, make_person, pay, sign_in_again
from tests.rows import put
from tests.storefront.browser import Browser
from tests.tokens.granting import give
from tests.webhooks.listening import happen, listen

_SECRET = "whsec_snapshot_of_the_tests"
_AUDITS = ("check_books", "check_stripe")
"""They look at all of the books once an hour, on purpose."""


@dataclass(frozen=True)
class Town:
    """Who and what the day needs: made before it begins."""

    services: Services
    http: httpx.AsyncClient
    market: Market
    affiliate: AffiliateRow
    program: Person

    @property
    def buyer(self) -> Person:
        return self.market.buyer

    @property
    def page(self) -> str:
        return f"/agents/{self.market.agent.slug}"

    def browser(self, person: Person | None = None) -> Browser:
        self.http.cookies.clear()
        browser = Browser(self.http, self.services.settings)
        return browser.become(person) if person else browser

    def api(self) -> Api:
        self.http.cookies.clear()
        return as_session(self.http, self.services, self.buyer)


Moment = Callable[[Town], Awaitable[None]]


async def build_town(services: Services, http: httpx.AsyncClient) -> Town:
    market = await open_market(services)
    await put_plans(services)
    affiliate = await make_affiliate(market.creator)
    program = await make_person("program", tier=TierCode.PRO)
    for person in (market.buyer, program):
        await give(person.actor.require_account(ApiScope.READ), 1000)
    await listen(services, market.buyer)
    return Town(services, http, market, affiliate, program)


async def _signs_in(town: Town) -> None:
    browser = town.browser()
    page = await browser.get("/sign-in?next=/library")
    sent = await browser.submit(page, "/sign-in", {"email": town.buyer.email, "password": PASSWORD})
    assert (await browser.follow(sent)).status == 200


async def _browses(town: Town) -> None:
    for browser in (town.browser(), town.browser(town.buyer)):
        for path in ("/", "/agents", "/agents?q=facture", town.page, "/pricing"):
            assert (await browser.get(path)).status == 200, path


async def _asks_graphql(town: Town) -> None:
    for api in (Api(town.http), town.api()):
        found = await api.run("BrowseAgents")
        assert [each["node"] for each in found.data["agents"]["edges"]]
        await api.run("AgentPage", slug=town.market.agent.slug)
    own = await town.api().run("MyTokens")
    assert own.data


async def _buys(town: Town) -> None:
    browser = town.browser(town.buyer)
    page = await browser.get(town.page)
    sent = await browser.submit(page, f"{town.page}/buy", {"accept_immediate_supply": "on"})
    paid = await pay(sent.location)
    state = await browser.get(paid.headers["location"])
    assert state.status == 200
    await work_off(town.services)
    assert town.page in (await browser.get("/library")).links()
    assert (await browser.get("/tokens")).status == 200


async def _runs(town: Town) -> None:
    apps = await as_service(town.http, town.services, town.buyer)
    agent = gid("Agent", town.market.agent.id)
    request = {"agentId": agent, "maxTokens": 100, "idempotencyKey": "run-1"}
    begun = await apps.run("AuthorizeExecution", input=request)
    run = begun.payload()["execution"]["id"]
    used = {"executionId": run, "tokensUsed": 40, "idempotencyKey": "run-2"}
    assert (await apps.run("CompleteExecution", input=used)).payload()["userErrors"] == []


async def _spends_in_groups(town: Town) -> None:
    apps = [await as_service(town.http, town.services, each) for each in (town.buyer, town.program)]
    spends = [
        api.run("SpendTokens", input={"amount": 2, "reason": "A use", "idempotencyKey": f"s-{n}"})
        for n, api in enumerate(apps * 3)
    ]
    assert [reply.payload()["userErrors"] for reply in await asyncio.gather(*spends)] == [[]] * 6


async def _hears_of_stripe(town: Town) -> None:
    body = snapshot_body()
    headers = {"stripe-signature": sign(body, _SECRET), "content-type": "application/json"}
    answer = await town.http.post(SNAPSHOT, content=body, headers=headers)
    assert answer.status_code == 200
    await work_off(town.services)


async def _authorizes_calls(town: Town) -> None:
    api = await as_key(town.http, town.services, town.program, ApiScope.READ)
    assert (await town.http.post(PATH, headers=api.headers)).status_code == 200
    assert await store_usage(town.services.limiter.counts) > 0


async def _is_recommended(town: Town) -> None:
    """A click, a sign-up, a plan that is paid, and the commission of it."""
    visit = await town.browser().get(f"/pricing?ref={town.affiliate.code}")
    assert visit.status == 200
    click = await record_click(town.affiliate.code, "/pricing", "192.0.2.4", FIREFOX)
    assert click is not None
    cookie = sign_click(FollowedLink(click, town.affiliate.code), town.services.settings.secret)
    visitor = Visitor(FIREFOX, "192.0.2.4", followed_link=cookie)
    request = SignUp("nora@example.org", PASSWORD, "Nora")
    session = await sign_up_customer(town.services.settings, request, visitor)
    await put("app_user", "email_verified_at", business_now(), "id = $2", session.owner)
    customer = await sign_in_again(session.owner, "nora@example.org")
    await complete(town.services, await start(town.services, customer.actor))
    await catch_up(town.services)
    assert (await town.browser(town.market.creator).get("/affiliate")).status == 200


async def _hears_of_events(town: Town) -> None:
    """Outgoing events, and mails."""
    await happen(town.buyer, "first")
    await deliver_due(town.services)
    await _send_mails(town)


async def _send_mails(town: Town) -> None:
    transport = make_transport(town.services.settings)
    make = StatementPdfs(town.services.settings.company).make
    for row in await db.fetch_records("SELECT id FROM outbox_mail WHERE state = 'QUEUED'"):
        await send_mail(town.services.settings, transport, row["id"], make)


async def _works_recurring_jobs(town: Town) -> None:
    for recurring in RECURRING:
        if recurring.name not in _AUDITS:
            await recurring.task(town.services, business_now())


DAY: dict[str, Moment] = {
    "sign-in": _signs_in,
    "browsing": _browses,
    "GraphQL": _asks_graphql,
    "purchase": _buys,
    "run": _runs,
    "spends": _spends_in_groups,
    "webhook": _hears_of_stripe,
    "authorize": _authorizes_calls,
    "affiliates": _is_recommended,
    "outbox": _hears_of_events,
    "recurring jobs": _works_recurring_jobs,
}


async def live_through(town: Town) -> dict[str, list[str]]:
    """The statements of each moment, as the application's pool ran them."""
    statements: dict[str, list[str]] = {}
    for name, moment in DAY.items():
        async with counted_statements() as ran:
            await moment(town)
        statements[name] = ran
    return statements
