"""Gauges: what the apps report as in use is never above the limit and never below zero."""

import asyncio

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import ActorKind
from chenu.accounts.entitlements import Entitlement, get_entitlements
from chenu.accounts.gauges import consume, release
from chenu.core import db
from chenu.core.errors import ChenuError, Forbidden, IdempotencyConflict, Invalid, LimitReached
from chenu.flows.services import Services
from chenu.tiers.catalogue import EntitlementSource, Feature, TierCode, get_tier
from chenu.tiers.entitlements import PlanRequired
from tests.accounts.entitled import app_of, override
from tests.people import Person, make_person
from tests.rows import count, fingerprint

THREADS = Feature.THREADS


async def use_of(person: Person, feature: Feature = THREADS) -> Entitlement:
    account_id = person.actor.account_id
    assert account_id is not None
    return (await get_entitlements(account_id)).of(feature)


async def test_what_is_consumed_is_in_use_until_it_is_released(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    app = await app_of(services, person)

    consumed = await consume(app, THREADS, 3, "a")
    released = await release(app, THREADS, 1, "b")

    assert (consumed.used, consumed.limit, consumed.remaining) == (3, 5, 2)
    assert (released.used, released.remaining) == (2, 3)
    assert await use_of(person) == released


async def test_fifty_parallel_calls_never_exceed_the_limit(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    app = await app_of(services, person)

    answers = await asyncio.gather(
        *(consume(app, THREADS, 1, f"key {number}") for number in range(50)),
        return_exceptions=True,
    )

    refusals = [answer for answer in answers if isinstance(answer, PlanRequired)]
    assert len(refusals) == 45
    assert sorted(each.used or 0 for each in answers if isinstance(each, Entitlement)) == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert (await use_of(person)).used == 5
    assert await count("idempotency_record") == 5


async def test_fifty_parallel_calls_with_one_key_count_once(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    app = await app_of(services, person)

    answers = await asyncio.gather(*(consume(app, THREADS, 1, "same") for _ in range(50)))

    assert {answer.used for answer in answers} == {1}
    assert (await use_of(person)).used == 1
    assert await count("entitlement_use") == 1


async def test_parallel_consumes_and_releases_stay_within_bounds(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    app = await app_of(services, person)

    calls = [
        (consume if number % 2 else release)(app, THREADS, 2, f"{number}") for number in range(50)
    ]
    answers = await asyncio.gather(*calls, return_exceptions=True)

    assert all(isinstance(each, Entitlement | PlanRequired) for each in answers)
    assert all(0 <= (each.used or 0) <= 5 for each in answers if isinstance(each, Entitlement))


async def test_a_release_never_falls_below_zero(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    app = await app_of(services, person)
    nothing = await release(app, THREADS, 4, "a")
    await consume(app, THREADS, 2, "b")

    released = await release(app, THREADS, 9, "c")

    assert (nothing.used, released.used) == (0, 0)
    assert (await use_of(person)).used == 0


async def test_a_repeated_report_gets_the_same_answer_later(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    app = await app_of(services, person)
    first = await consume(app, THREADS, 2, "a")
    await consume(app, THREADS, 3, "b")

    again = await consume(app, THREADS, 2, "a")

    assert again == first
    assert (await use_of(person)).used == 5


@pytest.mark.parametrize("quantity", [1, 3], ids=["another request", "another quantity"])
async def test_the_same_key_with_other_input_is_a_conflict(
    services: Services, quantity: int
) -> None:
    app = await app_of(services, await make_person("zoe", TierCode.FREE))
    await consume(app, THREADS, 1, "a")
    report = release if quantity == 1 else consume
    before = await fingerprint()

    with pytest.raises(IdempotencyConflict):
        await report(app, THREADS, quantity, "a")

    assert await fingerprint() == before


async def test_a_full_gauge_names_use_limit_and_the_cheapest_tier_with_room(
    services: Services,
) -> None:
    app = await app_of(services, await make_person("zoe", TierCode.FREE))
    await consume(app, THREADS, 5, "a")
    before = await fingerprint()

    with pytest.raises(PlanRequired) as refused:
        await consume(app, THREADS, 46, "b")

    refusal = refused.value
    assert (refusal.feature, refusal.used, refusal.limit, refusal.resets_at) == (
        THREADS,
        5,
        5,
        None,
    )
    assert refusal.cheapest_tier is get_tier(TierCode.PRO)  # STARTER has 50
    assert await fingerprint() == before


async def test_a_refused_key_works_once_there_is_room(services: Services) -> None:
    app = await app_of(services, await make_person("zoe", TierCode.FREE))
    await consume(app, THREADS, 5, "a")
    with pytest.raises(PlanRequired):
        await consume(app, THREADS, 1, "b")
    await release(app, THREADS, 1, "c")

    consumed = await consume(app, THREADS, 1, "b")

    assert consumed.used == 5


async def test_an_unlimited_gauge_counts_on(services: Services) -> None:
    app = await app_of(services, await make_person("zoe", TierCode.BUSINESS))

    consumed = await consume(app, THREADS, 10_000, "a")

    assert (consumed.used, consumed.limit, consumed.remaining) == (10_000, None, None)
    assert consumed.is_unlimited
    with pytest.raises(LimitReached):
        await consume(app, THREADS, 2**53 - 1, "b")


@pytest.mark.parametrize(
    ("feature", "quantity", "key", "path"),
    [
        pytest.param(Feature.TOKENS, 1, "k", ("feature",), id="a feature without a gauge"),
        pytest.param(THREADS, 0, "k", ("quantity",), id="nothing"),
        pytest.param(THREADS, -1, "k", ("quantity",), id="less than nothing"),
        pytest.param(THREADS, 2**53, "k", ("quantity",), id="more than JSON holds"),
        pytest.param(THREADS, 1, "", ("idempotency_key",), id="no key"),
    ],
)
async def test_bad_reports_are_refused_at_the_field(
    services: Services, feature: Feature, quantity: int, key: str, path: tuple[str, ...]
) -> None:
    app = await app_of(services, await make_person("zoe", TierCode.FREE))
    before = await fingerprint()

    for report in (consume, release):
        with pytest.raises(Invalid) as refused:
            await report(app, feature, quantity, key)
        assert refused.value.path == path

    assert await fingerprint() == before


async def test_people_and_their_keys_report_nothing(services: Services) -> None:
    person = await make_person("zoe", TierCode.PRO)
    for actor in (person.actor, replace(person.actor, kind=ActorKind.API_KEY)):
        with pytest.raises(Forbidden):
            await consume(actor, THREADS, 1, "a")


async def test_a_downgrade_below_use_deletes_nothing_and_lets_only_release(
    services: Services,
) -> None:
    person = await make_person("zoe", TierCode.STARTER)
    await consume(await app_of(services, person), THREADS, 40, "a")
    await db.execute("UPDATE account SET tier = 'FREE'")
    app = await app_of(services, person)

    found = await use_of(person)
    with pytest.raises(PlanRequired) as refused:
        await consume(app, THREADS, 1, "b")
    released = await release(app, THREADS, 36, "c")

    assert (found.used, found.limit, found.remaining, found.excess) == (40, 5, 0, 35)
    assert (refused.value.used, refused.value.limit) == (40, 5)
    assert (released.used, released.remaining) == (4, 1)


async def test_an_override_decides_about_the_room(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    await override(person, THREADS, 7)
    app = await app_of(services, person)

    consumed = await consume(app, THREADS, 7, "a")
    with pytest.raises(PlanRequired) as refused:
        await consume(app, THREADS, 1, "b")

    assert (consumed.limit, consumed.source) == (7, EntitlementSource.OVERRIDE)
    assert refused.value.cheapest_tier is None  # the override stays with every plan


async def test_what_was_taken_away_can_still_be_released(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    await consume(await app_of(services, person), THREADS, 4, "a")
    await override(person, THREADS, enabled=False)
    app = await app_of(services, person)

    found = await use_of(person)
    released = await release(app, THREADS, 1, "b")

    assert (found.has_access, found.excess, released.used) == (False, 4, 3)
    with pytest.raises(ChenuError, match="limited for your account"):
        await consume(app, THREADS, 1, "c")
