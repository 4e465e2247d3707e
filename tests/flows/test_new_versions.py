"""Those who have an agent are told of its new version once, and their runs stay on theirs."""

from datetime import timedelta

import pytest

from chenu.agents.access import give_access
from chenu.agents.model import GrantSource, VersionId
from chenu.agents.updates import accept_update
from chenu.agents.version_news import announce_version, list_due_news
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.mail_kinds import MailTopic
from chenu.core.mail_preferences import choose_topics
from chenu.flows.creators.edit_agent import create_version
from chenu.flows.creators.review_agent import decide_review
from chenu.flows.executions.page_runs import find_run_offer
from chenu.flows.new_versions import notify_of_versions
from chenu.flows.services import Services
from tests.agents.newer import publish_newer
from tests.flows.runs import Bench, give_agent, set_up
from tests.flows.sales import buy, open_market, work_off
from tests.people import MANIFEST, Person, get_agent, make_person
from tests.rows import count, mails_to, put
from tests.stripe_side import StripeSide


@pytest.fixture
async def bench(services: Services) -> Bench:
    bench = await set_up(services)
    await give_agent(bench)
    return bench


async def make_buyer(bench: Bench, name: str) -> Person:
    buyer = await make_person(name)
    assert buyer.actor.account_id is not None
    await give_access(buyer.actor.account_id, bench.foreign_id, GrantSource.GIFT, None)
    return buyer


async def make_poison(bench: Bench) -> Person:
    """A buyer whose version cannot be compared with any other."""
    odd = await publish_newer(bench.foreign_id, "1.0.1")
    await put("agent_version", "manifest", '{"permissions": "all"}', "id = $2", odd)
    poison = await make_buyer(bench, "poison")
    await put("access_grant", "version", odd, "account = $2", poison.actor.account_id)
    return poison


async def accept(bench: Bench, version_id: VersionId) -> None:
    sql = "SELECT id FROM access_grant WHERE account = $1"
    await accept_update(bench.actor, await db.fetch_value(sql, bench.account_id), version_id)


@pytest.mark.parametrize("by", ["session", "apps"])
async def test_runs_use_the_version_that_was_accepted_last(bench: Bench, by: str) -> None:
    actor = bench.app if by == "apps" else bench.actor
    first = (await get_agent(bench.foreign_id)).current_version
    newer = await publish_newer(bench.foreign_id, minTokens=70)

    before = await bench.authorize(60, by=actor, agent_id=bench.foreign_id)
    await accept(bench, newer)
    after = await bench.authorize(80, by=actor, agent_id=bench.foreign_id)

    assert (before.version_id, before.min_tokens) == (first, 1)
    assert (after.version_id, after.min_tokens) == (newer, 70)


async def test_a_page_proposes_the_tokens_of_the_version_in_use(bench: Bench) -> None:
    newer = await publish_newer(bench.foreign_id, minTokens=70)

    before = await find_run_offer(bench.actor, await get_agent(bench.foreign_id))
    await accept(bench, newer)
    after = await find_run_offer(bench.actor, await get_agent(bench.foreign_id))

    assert before is not None
    assert after is not None
    assert (before.typical, after.typical) == (1, 70)


async def test_a_free_try_is_of_the_newest_version(services: Services) -> None:
    bench = await set_up(services)
    newer = await publish_newer(bench.foreign_id)

    run = await bench.authorize(20, agent_id=bench.foreign_id)

    assert (run.is_free_try, run.version_id) == (True, newer)


async def test_each_buyer_is_notified_once(bench: Bench) -> None:
    others = [await make_buyer(bench, f"buyer-{number}") for number in range(2)]
    newer = await publish_newer(bench.foreign_id)

    await notify_of_versions()
    await announce_version(bench.foreign_id, newer)
    await notify_of_versions()

    for person in (bench.person, *others):
        assert await mails_to(person.email) == ["NEW_VERSION"]
    assert await list_due_news() == []


async def test_more_buyers_than_a_page_are_all_notified(bench: Bench) -> None:
    await publish_newer(bench.foreign_id)
    await db.execute(
        """
        INSERT INTO access_grant (id, account, agent, version, source, starts_at)
        SELECT gen_random_uuid(), account, agent, version, source, starts_at
        FROM access_grant, generate_series(1, 450)
        """
    )

    await notify_of_versions()

    assert await count("access_grant", "notified_version IS NULL") == 0
    assert await mails_to(bench.person.email) == ["NEW_VERSION"]


async def test_one_who_cannot_be_notified_stands_before_no_other_and_is_tried_again(
    bench: Bench,
) -> None:
    poison = await make_poison(bench)
    await publish_newer(bench.foreign_id)

    await notify_of_versions()
    first = await mails_to(poison.email), await mails_to(bench.person.email)
    waits = await count("version_news", "attempts = 1 AND next_attempt_at > $1", system_now())
    await put("agent_version", "manifest", '{"permissions": []}', "number = '1.0.1'")
    await put("version_news", "next_attempt_at", system_now())
    await notify_of_versions()

    assert (first, waits) == (([], ["NEW_VERSION"]), 1)
    assert await mails_to(poison.email) == ["NEW_VERSION"]
    assert await mails_to(bench.person.email) == ["NEW_VERSION"]
    assert await count("version_news") == 0


async def test_one_who_can_never_be_notified_is_given_up_after_a_day(bench: Bench) -> None:
    await make_poison(bench)
    await publish_newer(bench.foreign_id)
    await put("version_news", "attempts", 30)

    await notify_of_versions()

    assert await count("version_news") == 0


async def test_a_version_that_fails_stands_before_no_other(bench: Bench) -> None:
    await publish_newer(bench.foreign_id)
    await put("agent", "language", "en", "id = $2", bench.foreign_id)
    await put("agent", "translations", "[]", "id = $2", bench.foreign_id)
    other = await publish_of_another(bench)

    await notify_of_versions()

    assert other in await notified_versions()
    assert await count("version_news") == 1


async def publish_of_another(bench: Bench) -> VersionId:
    await give_access(bench.account_id, bench.agent_id, GrantSource.GIFT, None)
    return await publish_newer(bench.agent_id)


async def notified_versions() -> list[VersionId]:
    sql = "SELECT array_agg(notified_version) FROM access_grant WHERE notified_version IS NOT NULL"
    found: list[VersionId] = await db.fetch_value(sql) or []
    return found


@pytest.mark.parametrize("ended", ["ends_at", "revoked_at"])
async def test_who_has_the_agent_no_more_is_not_notified(bench: Bench, ended: str) -> None:
    await put("access_grant", ended, business_now() - timedelta(days=1))
    await publish_newer(bench.foreign_id)

    await notify_of_versions()

    assert await mails_to(bench.person.email) == []


async def test_who_accepted_already_or_turned_it_off_is_not_notified(bench: Bench) -> None:
    quiet = await make_buyer(bench, "quiet")
    await choose_topics(quiet.email, set(MailTopic) - {MailTopic.UPDATES})
    await accept(bench, await publish_newer(bench.foreign_id))

    await notify_of_versions()

    assert await mails_to(bench.person.email) == await mails_to(quiet.email) == []


async def test_of_two_versions_at_once_only_the_newest_is_notified(bench: Bench) -> None:
    await publish_newer(bench.foreign_id, "1.1.0")
    newest = await publish_newer(bench.foreign_id, "1.2.0")

    await notify_of_versions()

    assert await mails_to(bench.person.email) == ["NEW_VERSION"]
    assert await notified_versions() == [newest]


async def test_an_approved_version_is_notified_to_who_bought_the_agent(
    services: Services, stripe_side: StripeSide, reviewer: Person
) -> None:
    market = await open_market(services)
    await buy(services, market)
    await work_off(services)
    actor = market.creator.actor
    await create_version(actor, market.agent.id, "1.1.0", "Mieux.", MANIFEST)
    waiting = await count("version_news")

    await decide_review(reviewer.actor, market.agent.id, approve=True, reason=None)
    await notify_of_versions()

    assert waiting == 0
    assert (await mails_to(market.buyer.email))[-1] == "NEW_VERSION"
    sold = await db.fetch_value("SELECT version FROM access_grant")
    assert sold == market.agent.current_version
