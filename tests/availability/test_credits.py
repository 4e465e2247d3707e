"""A contract's month: which days, which fee, which credit; confirmed once, kept for good."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.accounts.actor import AccountId, Staff
from chenu.availability.maintenance import excuse_gap
from chenu.availability.samples import write_samples
from chenu.billing.contract_credits import (
    ContractDays,
    credit_of,
    days_in_month,
    fee_of,
    list_credits,
)
from chenu.billing.contracts import ContractRow, insert_contract
from chenu.billing.recurring import BillingInterval
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import AlreadyExists, Forbidden, Invalid, InvalidState
from chenu.core.money import Cents
from chenu.core.months import Month, month_of
from chenu.flows.services import Services
from chenu.flows.sla.credits import Decide, confirm_credit, refuse_credit, take_refusal_back
from chenu.flows.sla.report import get_sla_report, list_contract_months
from chenu.flows.sla_invariants import SLA
from chenu.ledger.invariants import check_all
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import PlanRequired
from tests.availability.contracts import contract_of
from tests.availability.measured import sampled
from tests.conftest import Engines
from tests.people import Person, make_person
from tests.rows import AUDITED_CHANGES, count, fingerprint, unguarded

OCTOBER = Month(2026, 10)
NOTHING = timedelta()


def at(day: int, hour: int = 0, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("contract", "first", "last"),
    [
        (contract_of(at(1, month=1), at(1, month=12)), 1, 31),
        (contract_of(at(10, 14), at(1, month=12)), 10, 31),
        (contract_of(at(1, month=1), at(20)), 1, 19),
        (contract_of(at(1, month=1), at(20, 1)), 1, 20),
        (contract_of(at(1, month=1), at(1, month=12), ended_at=at(5, 9)), 1, 5),
        (contract_of(at(1, month=1), at(20), ended_at=at(20, 1)), 1, 19),
    ],
)
def test_days_of_a_month_count_whole(contract: ContractRow, first: int, last: int) -> None:
    days = days_in_month(contract, OCTOBER, NOTHING)

    assert days == ContractDays(OCTOBER, date(2026, 10, first), date(2026, 10, last) + _DAY)
    assert days is not None
    assert fee_of(contract, days) == 10_000 * (last - first + 1)


_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "contract",
    [
        contract_of(at(1, month=1), at(1)),
        contract_of(at(1, month=11), at(1, month=12)),
        contract_of(at(10, 12), at(1, month=12), ended_at=at(10, 9)),
    ],
)
def test_a_contract_that_did_not_run_has_no_days(contract: ContractRow) -> None:
    assert days_in_month(contract, OCTOBER, NOTHING) is None


def test_business_time_that_is_ahead_is_led_back_to_that_of_samples() -> None:
    contract = contract_of(at(10), at(12))

    days = days_in_month(contract, OCTOBER, timedelta(days=-5))

    assert days == ContractDays(OCTOBER, date(2026, 10, 15), date(2026, 10, 17))


def test_a_year_costs_twelve_months() -> None:
    contract = contract_of(at(1), at(1, month=12), interval=BillingInterval.YEAR)

    days = ContractDays(OCTOBER, OCTOBER.first_day, date(2026, 11, 1))

    assert fee_of(contract, days) == 25_833  # 3,100.00 euros / 12
    assert credit_of(Cents(25_833), 10) == 2_583


@given(st.integers(0, 10**10), st.sampled_from([10, 25, 50]))
def test_a_credit_is_its_share_to_half_a_cent(fee: int, percent: int) -> None:
    amount = credit_of(Cents(fee), percent)

    assert -50 < fee * percent - 100 * amount <= 50 or 100 * amount - fee * percent == 50
    assert amount == (fee * percent + 50) // 100  # as the database checks it


@pytest.fixture
async def customer() -> Person:
    return await make_person("customer", TierCode.ENTERPRISE)


@pytest.fixture
async def finance() -> Person:
    return await make_person("fin", staff=(Staff.FINANCE,))


def account_of(person: Person) -> AccountId:
    assert person.actor.account_id is not None
    return person.actor.account_id


LAST = month_of(system_now()).previous()
LAST = LAST.previous()
"""It is final whatever day this is."""


async def measure(down: int) -> None:
    """Two days of samples, a minute each, so many of which are not available."""
    start = LAST.start
    minute = timedelta(minutes=1)
    is_down = range(100, 100 + down)
    samples = [
        sampled(start + minute * n, works=n not in is_down, seconds=60) for n in range(2_880)
    ]
    await write_samples(samples)


async def _enter(customer: Person, finance: Person) -> ContractRow:
    """Of the first two days of that month alone."""
    row = contract_of(
        LAST.start,
        LAST.start + timedelta(days=2),
        account_of(customer),
        LAST.start + timedelta(days=2),
        entered_by=finance,
    )
    await insert_contract(row)
    return row


async def test_a_credit_is_confirmed_once_and_stays(
    services: Services, customer: Person, finance: Person
) -> None:
    contract = await _enter(customer, finance)
    await measure(down=30)  # of 2,880: 98.958 %

    [before] = [row for row in await get_sla_report(customer.actor) if row.contract]
    row = (await confirm_credit(finance.actor, contract.id, LAST, "As agreed in § 7.")).confirmed
    assert row is not None
    [after] = [row for row in await get_sla_report(customer.actor) if row.contract]
    with pytest.raises(AlreadyExists):
        await confirm_credit(finance.actor, contract.id, LAST, "Once more.")

    assert (before.figure.thousandths, before.percent, before.may_be_confirmed) == (
        98_958,
        25,
        True,
    )
    assert (row.percent, row.fee) == (25, fee_of(contract, before.days))
    assert row.amount == credit_of(row.fee, 25) == before.amount
    assert (after.confirmed, after.may_be_confirmed) == (row, False)
    assert await list_credits([contract.id]) == [row]
    assert await count(f"({AUDITED_CHANGES}) e", "action = 'contract.credit'") == 1
    assert [finding.name for finding in await check_all(SLA) if not finding.ok] == []


async def test_a_credit_is_refused_taken_back_and_refused_until_it_is_confirmed(
    services: Services, customer: Person, finance: Person
) -> None:
    contract = await _enter(customer, finance)
    await measure(down=30)
    who, which = finance.actor, (contract.id, LAST)

    refused = (await refuse_credit(who, *which, "Their own line was down.")).refused
    [seen] = [row for row in await get_sla_report(customer.actor) if row.contract]
    with pytest.raises(AlreadyExists, match="refused already"):
        await refuse_credit(who, *which, "Once more.")
    open_again = await take_refusal_back(who, *which, "It was ours.")
    with pytest.raises(InvalidState, match="is not refused"):
        await take_refusal_back(who, *which, "Once more.")
    await refuse_credit(who, *which, "It was theirs after all.")
    confirmed = await confirm_credit(who, *which, "Settled.")
    for decide in (refuse_credit, take_refusal_back):
        with pytest.raises(AlreadyExists, match="confirmed already"):
            await decide(who, *which, "Too late.")
    [after] = [row for row in await get_sla_report(customer.actor) if row.contract]

    assert seen.refused == refused
    assert refused is not None
    assert (refused.reason, refused.amount) == ("Their own line was down.", seen.amount)
    assert (seen.may_be_confirmed, open_again.refused, confirmed.refused) == (True, None, None)
    assert (after.refused, after.confirmed) == (None, confirmed.confirmed)
    assert await count("contract_credit_refusal") == 3
    acts = "action IN ('contract.credit_refuse', 'contract.credit_take_back')"
    assert await count(f"({AUDITED_CHANGES}) e", acts) == 3
    assert [finding.name for finding in await check_all(SLA) if not finding.ok] == []


async def test_what_was_decided_cannot_be_changed(
    services: Services, customer: Person, finance: Person
) -> None:
    contract = await _enter(customer, finance)
    await measure(down=30)
    await refuse_credit(finance.actor, contract.id, LAST, "Not ours.")
    await confirm_credit(finance.actor, contract.id, LAST, "As agreed.")

    for table in ("contract_credit", "contract_credit_refusal"):
        for sql in ("UPDATE {} SET amount = 0", "DELETE FROM {}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute(sql.format(table))


@pytest.mark.parametrize("decide", [confirm_credit, refuse_credit])
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE availability_day SET available = available + 60 WHERE available < 86400",
        "UPDATE maintenance SET canceled_at = starts_at",
    ],
)
async def test_a_decision_whose_samples_say_something_else_is_found(
    services: Services,
    engines: Engines,
    customer: Person,
    finance: Person,
    tampering: str,
    decide: Decide,
) -> None:
    contract = await _enter(customer, finance)
    await excuse_gap(LAST.start, LAST.start + timedelta(minutes=9), "Travaux", "Works")
    await measure(down=60)
    await decide(finance.actor, contract.id, LAST, "As agreed.")
    fine = [finding.name for finding in await check_all(SLA) if not finding.ok]
    async with unguarded(engines) as owner:
        await owner.execute(tampering)

    assert fine == []
    assert "I22" in [finding.name for finding in await check_all(SLA) if not finding.ok]


async def test_a_refusal_out_of_turn_is_found(
    services: Services, engines: Engines, customer: Person, finance: Person
) -> None:
    contract = await _enter(customer, finance)
    await measure(down=30)
    await refuse_credit(finance.actor, contract.id, LAST, "Not ours.")
    await confirm_credit(finance.actor, contract.id, LAST, "Settled.")
    async with unguarded(engines) as owner:
        await owner.execute(
            "UPDATE contract_credit SET confirmed_at = confirmed_at - interval '1h'"
        )
        late = [finding.name for finding in await check_all(SLA) if not finding.ok]
        await owner.execute("DELETE FROM contract_credit")
        await owner.execute("UPDATE contract_credit_refusal SET is_taken_back = true")

    assert late == ["I22r"]
    assert [finding.name for finding in await check_all(SLA) if not finding.ok] == ["I22r"]


@pytest.mark.parametrize("decide", [confirm_credit, refuse_credit, take_refusal_back])
async def test_what_may_not_be_decided_changes_nothing(
    services: Services, customer: Person, finance: Person, decide: Decide
) -> None:
    contract = await _enter(customer, finance)
    await measure(down=2)  # of 2,880: 99.930 %
    mine = await make_person("mine", staff=(Staff.FINANCE,))
    own = contract_of(LAST.start, LAST.end, account_of(mine), LAST.end, entered_by=finance)
    await insert_contract(own)
    before = await fingerprint()

    with pytest.raises(InvalidState, match="reached what was promised"):
        await decide(finance.actor, contract.id, LAST, "No.")
    with pytest.raises(Invalid, match="did not run"):
        await decide(finance.actor, contract.id, LAST.next(), "No.")
    with pytest.raises(Invalid):
        await decide(finance.actor, contract.id, LAST, "")
    with pytest.raises(InvalidState, match="another colleague"):
        await decide(mine.actor, own.id, LAST, "No.")
    with pytest.raises(Forbidden):
        await decide(customer.actor, contract.id, LAST, "No.")

    assert await fingerprint() == before


async def test_a_month_that_goes_on_is_not_final(
    services: Services, customer: Person, finance: Person
) -> None:
    now = system_now()
    row = contract_of(
        now - timedelta(days=1), now + timedelta(days=1), account_of(customer), entered_by=finance
    )
    await insert_contract(row)
    minute = now.replace(second=0, microsecond=0)
    before = sampled(minute - timedelta(minutes=1), seconds=60)
    await write_samples([before, sampled(minute, works=False, seconds=60)])

    with pytest.raises(Invalid, match="final a day after"):
        await confirm_credit(finance.actor, row.id, month_of(now), "Too early.")

    found = [each for each in await list_contract_months(account_of(customer)) if each.contract]
    assert {(each.is_final, each.percent) for each in found[:1]} == {(False, 50)}


async def test_who_has_no_sla_reads_which_plan_has_it(services: Services) -> None:
    person = await make_person("small", TierCode.PRO)

    with pytest.raises(PlanRequired) as refusal:
        await get_sla_report(person.actor)

    assert refusal.value.cheapest_tier is not None
    assert refusal.value.cheapest_tier.code is TierCode.ENTERPRISE
