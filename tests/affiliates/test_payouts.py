"""Monthly payouts of affiliates: to the cent, once, and nothing below 50 euros."""

import asyncio
from datetime import timedelta

import pytest

from chenu.affiliates.model import AffiliateStatus
from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now
from chenu.core.errors import Invalid
from chenu.core.ids import new_id
from chenu.core.months import month_of
from chenu.core.scheduled_tasks import add_missing, find_next_due
from chenu.flows.affiliates.payout_run import pay_affiliates, run_payouts
from chenu.flows.services import Services
from chenu.flows.stripe_balance import check_stripe
from chenu.jobs.schedule import PAYOUTS, RECURRING, run_due, run_once
from chenu.ledger.accounts import affiliate_payable
from chenu.ledger.journal import get_cents
from tests.affiliates.earned import earn
from tests.affiliates.paid import fund, open_earning, this_month
from tests.flows.sales import work_off
from tests.rows import count, fingerprint, mails_to, put
from tests.stripe_side import StripeSide

[_MONTHLY] = [recurring for recurring in RECURRING if recurring.name == PAYOUTS]


async def pay(services: Services, times: int = 1) -> None:
    for _ in range(times):
        await run_payouts(this_month(), dry_run=False)
        await work_off(services)


async def test_what_is_due_is_transferred_to_the_cent(
    services: Services, stripe_side: StripeSide
) -> None:
    """The famous mistake: a sum of cents multiplied by a hundred once more."""
    earning = await open_earning(services, 7920, 81, -1)
    await fund(stripe_side)

    await pay(services, times=2)

    payout, account = await earning.payout(), await earning.stripe_account()
    [transfer] = await earning.transfers(stripe_side)
    money = await services.payouts.get_money(account)
    assert (transfer["amount"], transfer["destination"]) == (8000, account)
    assert transfer["metadata"]["payout_id"] == str(payout.id)
    assert money.available + money.pending == 8000
    assert (payout.amount, payout.status, payout.stripe_transfer_id) == (
        8000,
        "PAID",
        transfer["id"],
    )
    assert await earning.states() == ["PAID"] * 3
    assert await get_cents(affiliate_payable(earning.affiliate.id)) == 0
    assert await mails_to(earning.person.email) == ["AFFILIATE_PAID"]


@pytest.mark.parametrize(
    ("due", "paid"),
    [(51, []), (4999, []), (5000, [5000])],
    ids=["51 cents", "a cent less", "50 euros"],
)
async def test_less_than_fifty_euros_is_carried_over(
    services: Services, stripe_side: StripeSide, due: int, paid: list[int]
) -> None:
    """The famous mistake: a threshold of 50 that is compared with cents."""
    earning = await open_earning(services, due)
    await fund(stripe_side)

    run = await run_payouts(this_month(), dry_run=False)
    await work_off(services)

    assert [each["amount"] for each in await earning.transfers(stripe_side)] == paid
    assert [each.amount for each in run.payouts] == paid
    assert run.carried_over == 1 - len(paid)
    assert await earning.states() == ["PAID" if paid else "DUE"]


async def test_what_is_carried_over_is_paid_with_the_rest_later(
    services: Services, stripe_side: StripeSide
) -> None:
    earning = await open_earning(services, 4999, -400)
    await fund(stripe_side)
    await pay(services)
    await earning.earn(401)

    await pay(services)

    assert (await earning.payout()).amount == 5000


async def test_who_is_suspended_or_has_no_account_is_carried_over(
    services: Services, stripe_side: StripeSide
) -> None:
    suspended = await open_earning(services, 9000)
    await put("affiliate", "status", AffiliateStatus.SUSPENDED)
    without = await open_earning(services, 9000, name="sans", can_be_paid=False)

    run = await run_payouts(this_month(), dry_run=False)

    assert (run.payouts, run.carried_over) == ([], 2)
    assert await suspended.states() == await without.states() == ["DUE"]


async def test_what_is_pending_matures_and_what_is_younger_waits(services: Services) -> None:
    earning = await open_earning(services)
    await earn(earning.referral, 6000, days=-1)
    await earn(earning.referral, 6000, days=1)

    run = await run_payouts(this_month(), dry_run=False)

    assert [each.amount for each in run.payouts] == [6000]
    assert await earning.states() == ["DUE", "PENDING"]


async def test_a_dry_run_looks_into_the_future_and_changes_nothing(services: Services) -> None:
    earning = await open_earning(services, 5000)
    await earn(earning.referral, 700, days=3)
    before, coming = await fingerprint(), this_month().next().next()

    now = await run_payouts(this_month(), dry_run=True)
    later = await run_payouts(coming, dry_run=True)
    with pytest.raises(Invalid):
        await run_payouts(coming, dry_run=False)

    assert [each.amount for each in now.payouts] == [5000]
    assert [each.amount for each in later.payouts] == [5700]
    assert await fingerprint() == before


async def test_two_runs_at_once_for_two_months_pay_once(
    services: Services, stripe_side: StripeSide
) -> None:
    people = [await open_earning(services, 5000 + n, name=f"a{n}") for n in range(4)]
    await fund(stripe_side)
    months = (this_month(), this_month().previous()) * 3

    await asyncio.gather(*(run_payouts(month, dry_run=False) for month in months))
    await asyncio.gather(*(work_off(services) for _ in range(2)))

    for n, earning in enumerate(people):
        made = [
            each for month in set(months) for each in await earning.transfers(stripe_side, month)
        ]
        assert [each["amount"] for each in made] == [5000 + n]
    assert await count("affiliate_payout") == 4


async def test_run_again_two_days_later_nobody_is_paid_twice(
    services: Services, stripe_side: StripeSide
) -> None:
    """The first answer is lost, and the key is forgotten when the transfer is tried again."""
    earning = await open_earning(services, 7000)
    await fund(stripe_side)
    await stripe_side.fail("disconnect_after", "/v1/transfers", method="POST", times=3)
    await pay(services)
    month, lost = this_month(), (await earning.payout()).status
    await stripe_side.heal()
    await advance_clock(timedelta(days=2))
    await stripe_side.advance(2 * 24 * 3600)
    await stripe_side.watch("/v1/transfers", method="POST")

    await run_payouts(month, dry_run=False)
    await work_off(services)

    assert (lost, (await earning.payout(month)).status) == ("PENDING", "PAID")
    assert [each["amount"] for each in await earning.transfers(stripe_side, month)] == [7000]
    assert await stripe_side.hits() == [0]


async def test_too_small_a_balance_means_later(services: Services, stripe_side: StripeSide) -> None:
    await stripe_side.reset()
    earning = await open_earning(services, 7000)
    await pay(services)
    waiting = await earning.payout()
    await fund(stripe_side)

    await work_off(services)

    assert (waiting.status, (await earning.payout()).status) == ("PENDING", "PAID")
    assert len(await earning.transfers(stripe_side)) == 1


async def test_our_books_and_stripes_agree_on_a_payout(
    services: Services, stripe_side: StripeSide
) -> None:
    earning = await open_earning(services, 7000)
    await fund(stripe_side)

    await pay(services)

    [transfer] = await earning.transfers(stripe_side)
    found = await check_stripe(services.reports, business_now() - timedelta(hours=1))
    assert [each for each in found.samples if transfer["id"] in each] == []


async def test_one_that_breaks_stops_no_other(services: Services) -> None:
    """A row that cannot be: a failed payout whose operation is gone."""
    broken, whole = [await open_earning(services, 5000, name=name) for name in ("casse", "va")]
    sql = """
        INSERT INTO affiliate_payout (id, affiliate, month, amount, status, operation, created_at)
        VALUES ($1, $2, $3, 5000, 'FAILED', $1, $4)
    """
    first, now = this_month().first_day, business_now()
    await db.execute(sql, new_id(), broken.affiliate.id, first, now)

    error = await run_once(services, _MONTHLY, now)
    run = await pay_affiliates(this_month().previous())

    assert error == "UNAVAILABLE"
    assert (await whole.payout()).status == "PENDING"
    assert [each.affiliate_id for each in run.payouts] == [broken.affiliate.id]


async def test_a_clock_that_jumps_runs_each_month_once(services: Services) -> None:
    worker, present = new_id(), this_month()
    await add_missing({_MONTHLY.name: _MONTHLY.recurrence})
    due = [await find_next_due([_MONTHLY.name])]
    third = present.next().next().next().start + timedelta(hours=7)
    await advance_clock(third - business_now())

    for _ in range(5):
        await run_due(services, _MONTHLY, worker)
        due.append(await find_next_due([_MONTHLY.name]))

    months = [month_of(each) for each in due if each is not None]
    last = month_of(third).next()
    following = [months[0]]
    while following[-1] < last:
        following.append(following[-1].next())
    assert months[0] in (present, present.next())  # the first while this month is not due yet
    assert months == following + [last] * (6 - len(following))
