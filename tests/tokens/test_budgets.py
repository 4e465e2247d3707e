"""Monthly budgets in the wallet: granted, raised and ended exactly once, by entries that say so."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from chenu.accounts.actor import AccountId, Staff
from chenu.accounts.budget_dates import lock_budget_dates, mark_budget_due
from chenu.accounts.customers import list_owned_accounts
from chenu.accounts.idempotency import client_key
from chenu.accounts.overrides import OverrideInput, remove_override, set_override
from chenu.accounts.tiers import Period, set_tier
from chenu.accounts.users import Browser, SignUp, sign_up
from chenu.core import db
from chenu.core.clock import CLOCK, business_now
from chenu.flows.budgets.due import grant_first_budget
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import Feature, TierCode
from chenu.tiers.entitlements import Entitlements
from chenu.tokens import spending
from chenu.tokens.budget_rows import (
    end_period,
    list_periods,
    lock_plan_budgets,
    set_unpaid_share,
)
from chenu.tokens.budgets import return_withheld, settle_budget, settle_due_budget
from chenu.tokens.entitlements import get_entitlements
from chenu.tokens.errors import InsufficientTokens
from chenu.tokens.grants import GrantKind
from chenu.tokens.holds import release_hold, settle_hold
from chenu.tokens.spending import Spend, spend_tokens
from chenu.tokens.wallet import get_wallet
from tests.people import PASSWORD, Person, make_person
from tests.rows import count, put
from tests.tokens.granting import MonthlyBudget, get_monthly_budget, give, hold, spend

DAY = timedelta(days=1)
FREE, STARTER, PRO = TierCode.FREE, TierCode.STARTER, TierCode.PRO


def account_of(person: Person) -> AccountId:
    assert person.actor.account_id is not None
    return person.actor.account_id


@pytest.fixture
async def account_id(services: Services) -> AccountId:
    """A new account on FREE, whose budget is due."""
    found = account_of(await make_person("zoe", FREE))
    await mark_budget_due(found)
    return found


@pytest.fixture
async def support(services: Services) -> Person:
    return await make_person("sue", staff=(Staff.SUPPORT,))


def days_from_now(first: float, last: float, *, is_trial: bool = False) -> Period:
    now = business_now()
    return Period(now + first * DAY, now + last * DAY, is_trial)


def pass_days(days: float) -> None:
    CLOCK.move_to_offset(CLOCK.offset + days * DAY)


async def available(account_id: AccountId) -> int | None:
    return (await get_wallet(account_id)).available


async def change(account_id: AccountId, tier: TierCode, period: Period | None) -> None:
    """As Stripe's answer does it."""

    async def write() -> None:
        await set_tier(account_id, tier, period)
        await settle_budget(account_id)

    await db.run_in_transaction(write)


async def numbers(account_id: AccountId) -> tuple[int | None, int, int | None]:
    budget = await get_monthly_budget(account_id)
    return budget.budget, budget.used, budget.remaining


async def mark_unpaid(account_id: AccountId, share: int = 10_000) -> None:
    for budget in await lock_plan_budgets(account_id):
        await set_unpaid_share(budget.id, share)


async def test_a_new_account_has_its_budget_when_it_is_first_read(account_id: AccountId) -> None:
    assert await numbers(account_id) == (500, 0, 500)
    assert await available(account_id) == 500


async def test_asking_again_grants_nothing_more(account_id: AccountId) -> None:
    assert await settle_due_budget(account_id)

    assert not await settle_due_budget(account_id)
    assert not await settle_budget(account_id)
    assert await count("token_grant") == 1


async def test_ten_at_once_grant_one_budget(account_id: AccountId) -> None:
    await asyncio.gather(*(settle_budget(account_id) for _ in range(10)))

    assert await count("token_grant") == 1
    assert await available(account_id) == 500


async def test_a_month_s_budget_ends_by_an_entry_and_the_next_begins(account_id: AccountId) -> None:
    await settle_budget(account_id)
    await spend(account_id, 120)
    assert await numbers(account_id) == (500, 120, 380)

    pass_days(31.5)

    assert await numbers(account_id) == (500, 0, 500)
    assert await available(account_id) == 500
    assert await count("token_entry", "kind = 'EXPIRE' AND amount = -380") == 1


async def test_a_clock_moved_by_months_grants_the_running_month_alone(
    account_id: AccountId,
) -> None:
    await settle_budget(account_id)

    pass_days(160)

    assert await settle_due_budget(account_id)
    assert await count("token_grant") == 2
    assert await available(account_id) == 500


async def test_a_trial_s_budget_comes_beside_the_free_one_and_ends_with_it(
    account_id: AccountId,
) -> None:
    await settle_budget(account_id)

    await change(account_id, PRO, days_from_now(0, 14, is_trial=True))

    assert await available(account_id) == 25_500
    assert await numbers(account_id) == (25_000, 0, 25_000)
    assert await count("token_grant", "kind = 'TRIAL'") == 1
    pass_days(14.5)
    assert await available(account_id) == 500


async def test_a_trial_that_is_paid_for_is_followed_by_the_plan_s_budget(
    account_id: AccountId,
) -> None:
    await settle_budget(account_id)
    await change(account_id, PRO, days_from_now(0, 14, is_trial=True))
    pass_days(14)

    await change(account_id, PRO, days_from_now(0, 30))

    assert await available(account_id) == 25_500
    assert await count("token_grant", "kind = 'MONTHLY' AND granted = 25000") == 1


async def test_a_free_month_that_ends_in_a_trial_has_no_successor_until_the_plan_is_over(
    account_id: AccountId,
) -> None:
    await settle_budget(account_id)
    pass_days(25)
    await change(account_id, PRO, days_from_now(0, 14, is_trial=True))
    pass_days(13)
    assert await available(account_id) == 25_000
    pass_days(1.5)

    await change(account_id, FREE, None)

    assert await available(account_id) == 500
    resets_at = (await get_monthly_budget(account_id)).resets_at
    assert resets_at is not None
    assert timedelta(days=27) < resets_at - business_now() <= timedelta(days=31)


async def test_an_upgrade_gives_the_difference_of_what_is_left_of_the_month(
    account_id: AccountId,
) -> None:
    period = days_from_now(-14, 14)
    await change(account_id, STARTER, period)
    assert await available(account_id) == 5_000

    await change(account_id, PRO, period)

    found = await available(account_id)
    assert found in (14_999, 15_000)


async def test_upgrade_burn_downgrade_farms_nothing(account_id: AccountId) -> None:
    """The trap of product.md: upgrade, burn, downgrade, and again."""
    period = days_from_now(-14, 14)
    await change(account_id, STARTER, period)
    await change(account_id, PRO, period)
    await spend(account_id, await available(account_id) or 0)

    for _ in range(3):
        await change(account_id, STARTER, period)  # in Stripe's dashboard: ours waits
        await change(account_id, PRO, period)

    assert await available(account_id) == 0
    assert await count("token_grant") == 2


async def test_subscribe_burn_end_farms_no_second_free_budget(account_id: AccountId) -> None:
    await settle_budget(account_id)
    await spend(account_id, 500)

    for _ in range(3):
        await change(account_id, PRO, days_from_now(0, 14, is_trial=True))
        await change(account_id, FREE, None)
        pass_days(0.1)

    assert await available(account_id) == 0
    assert await count("token_grant", "granted = 500") == 1


async def test_from_month_to_year_what_is_unspent_comes_beside_one_budget(
    account_id: AccountId,
) -> None:
    await change(account_id, PRO, days_from_now(-10, 20))
    await spend(account_id, 1_000)

    await change(account_id, PRO, days_from_now(0, 365))

    assert await available(account_id) == 25_000 + 24_000
    assert await numbers(account_id) == (25_000, 0, 25_000)
    assert await count("token_grant", "is_open AND kind = 'MONTHLY'") == 1
    assert await count("token_entry", "kind = 'EXPIRE' AND amount = -24000") == 1
    pass_days(32)
    assert await available(account_id) == 25_000


@pytest.mark.parametrize("burnt", [0, 1_000, 25_000])
async def test_burning_before_a_change_to_a_year_farms_nothing(
    account_id: AccountId, burnt: int
) -> None:
    await change(account_id, PRO, days_from_now(-10, 20))
    if burnt:
        await spend(account_id, burnt)

    await change(account_id, PRO, days_from_now(0, 365))

    assert await available(account_id) == 2 * 25_000 - burnt
    assert await settle_budget(account_id) is False


async def test_from_month_to_year_what_a_run_gives_back_lasts_as_long_as_its_month(
    account_id: AccountId,
) -> None:
    await change(account_id, PRO, days_from_now(-10, 20))
    runs = [await hold(account_id, 1_000) for _ in range(2)]
    await change(account_id, PRO, days_from_now(0, 365))

    await db.run_in_transaction(lambda: release_hold(account_id, runs[0][0]))

    assert await available(account_id) == 25_000 + 23_000 + 1_000
    await change(account_id, FREE, None)
    await db.run_in_transaction(lambda: release_hold(account_id, runs[1][0]))
    assert await available(account_id) == 500
    assert [finding for finding in await check_books() if not finding.ok] == []


async def test_a_plan_that_ends_early_takes_its_budget_along(account_id: AccountId) -> None:
    await settle_budget(account_id)
    await change(account_id, PRO, days_from_now(0, 20))
    await spend(account_id, 700)

    await change(account_id, FREE, None)

    assert await available(account_id) == 500
    assert await count("token_entry", "kind = 'EXPIRE' AND amount = -24300") == 1


async def test_a_plan_that_comes_back_within_the_month_brings_what_was_unspent(
    account_id: AccountId,
) -> None:
    period = days_from_now(0, 30)
    await change(account_id, PRO, period)
    await spend(account_id, 700)
    await change(account_id, FREE, None)

    await change(account_id, PRO, period)
    await change(account_id, FREE, None)
    await change(account_id, PRO, period)

    assert await numbers(account_id) == (25_000, 700, 24_300)
    assert await available(account_id) == 24_300 + 500


async def test_tokens_that_a_run_holds_outlive_the_budget(account_id: AccountId) -> None:
    await settle_budget(account_id)
    await hold(account_id, 200)

    pass_days(31.5)

    assert await available(account_id) == 500
    assert (await get_wallet(account_id)).held == 200


@pytest.mark.parametrize("held", [25_000, 24_999, 300], ids=["all", "nearly all", "a part"])
async def test_what_a_run_gives_back_of_a_plan_that_ended_expires(
    account_id: AccountId, held: int
) -> None:
    await settle_budget(account_id)
    await spend(account_id, 500)
    await change(account_id, PRO, days_from_now(0, 20))
    hold_id, _ = await hold(account_id, held)
    await change(account_id, FREE, None)

    await db.run_in_transaction(lambda: release_hold(account_id, hold_id))

    assert await available(account_id) == 0
    assert [finding for finding in await check_books() if not finding.ok] == []


@pytest.mark.parametrize("held", [25_000, 600], ids=["all", "a part"])
async def test_a_plan_that_comes_back_brings_nothing_twice_though_a_run_holds_of_it(
    account_id: AccountId, held: int
) -> None:
    period = days_from_now(0, 30)
    await change(account_id, PRO, period)
    hold_id, _ = await hold(account_id, held)
    for tier, plan in ((FREE, None), (PRO, period), (FREE, None), (PRO, period)):
        await change(account_id, tier, plan)

    await db.run_in_transaction(lambda: settle_hold(account_id, hold_id, Tokens(100)))

    assert await available(account_id) == 25_000 - held + 500
    assert [finding for finding in await check_books() if not finding.ok] == []


async def test_a_refund_and_the_worker_do_not_wait_for_each_other(account_id: AccountId) -> None:
    await change(account_id, PRO, days_from_now(0, 30))
    is_locked = asyncio.Event()

    @db.transactional
    async def end_slowly() -> None:
        await lock_budget_dates(account_id)
        is_locked.set()
        await asyncio.sleep(0.5)
        for period in await list_periods(account_id, business_now()):
            await end_period(period.id, Tokens(0))

    @db.transactional
    async def refund() -> None:
        await is_locked.wait()
        await mark_unpaid(account_id)
        await mark_budget_due(account_id)

    with capture_logs() as logs:
        await asyncio.gather(end_slowly(), refund())

    assert [line for line in logs if line["event"] == "transaction_in_the_way"] == []
    assert await count("token_budget_period", "unpaid_share > 0 AND ended_at IS NOT NULL") == 1


@pytest.mark.parametrize(
    ("spent", "held", "share", "deducted"),
    [
        (0, 25_000, 10_000, 25_000),
        (10_000, 15_000, 10_000, 25_000),
        (10_000, 600, 10_000, 10_600),
        (10_000, 600, 5_000, 5_300),
        (10_000, 1, 3, 3),  # 3.0003: for one cent of 29 euros
        (9_999, 0, 1, 0),  # 0.9999
        (10_000, 600, 0, 0),
    ],
)
async def test_what_was_used_of_a_returned_budget_is_deducted_from_the_next_by_its_share(
    account_id: AccountId, spent: int, held: int, share: int, deducted: int
) -> None:
    await change(account_id, PRO, days_from_now(0, 30))
    if spent:
        await spend(account_id, spent)
    if held:
        await hold(account_id, held)
    await db.run_in_transaction(lambda: mark_unpaid(account_id, share))
    await change(account_id, FREE, None)
    pass_days(0.01)

    await change(account_id, PRO, days_from_now(0, 30))

    assert (await numbers(account_id))[0] == 25_000 - deducted
    assert await available(account_id) == 25_000 - deducted + 500


async def test_a_contract_needs_no_budget_and_counts_what_is_used(account_id: AccountId) -> None:
    await settle_budget(account_id)

    await change(account_id, TierCode.ENTERPRISE, None)

    await hold(account_id, 10)
    budget = await get_monthly_budget(account_id)
    assert budget == MonthlyBudget(None, budget.used, None)
    assert await count("token_grant") == 1


async def test_staff_raise_a_budget_at_once_by_what_is_left_of_the_month(
    account_id: AccountId, support: Person
) -> None:
    await settle_budget(account_id)

    await set_override(
        support.actor, account_id, OverrideInput(Feature.TOKENS, True, 1_500, "Gift")
    )

    assert (await get_monthly_budget(account_id)).budget in (1_499, 1_500)
    await remove_override(support.actor, account_id, Feature.TOKENS, "Over")
    assert (await get_monthly_budget(account_id)).budget in (1_499, 1_500)
    pass_days(31.5)
    assert (await get_monthly_budget(account_id)).budget == 500


async def test_a_budget_that_staff_took_away_is_none_from_the_next_month_on(
    account_id: AccountId, support: Person
) -> None:
    await settle_budget(account_id)
    await set_override(support.actor, account_id, OverrideInput(Feature.TOKENS, True, 0, "Abuse"))
    assert await available(account_id) == 500

    pass_days(31.5)

    assert await numbers(account_id) == (0, 0, 0)
    assert await available(account_id) == 0


async def test_a_limitless_override_that_runs_out_leaves_a_budget(
    account_id: AccountId, support: Person
) -> None:
    await settle_budget(account_id)
    end = business_now() + 40 * DAY
    given = OverrideInput(Feature.TOKENS, True, None, "Gift", expires_at=end)
    await set_override(support.actor, account_id, given)
    assert await available(account_id) is None

    pass_days(41)

    assert await numbers(account_id) == (500, 0, 500)
    assert await available(account_id) == 500


async def test_a_closed_account_gets_no_more(account_id: AccountId) -> None:
    await settle_budget(account_id)
    await put("account", "closed_at", business_now())

    pass_days(40)
    await settle_budget(account_id)

    assert await count("token_grant") == 1
    assert await count("token_budget", "due_at IS NULL") == 1


async def test_the_entitlement_shows_the_wallet_s_use(account_id: AccountId) -> None:
    await settle_budget(account_id)
    await spend(account_id, 30)

    found = (await get_entitlements(account_id)).of(Feature.TOKENS)

    assert (found.limit, found.used, found.remaining) == (500, 30, 470)


def use(account_id: AccountId, amount: int, key: str) -> Spend:
    client = client_key(account_id, key, "tokenSpend", amount)
    return Spend(account_id, Tokens(amount), "A test", client, Entitlements(FREE))


async def test_a_spend_finds_a_budget_that_is_due_and_not_granted_yet(
    account_id: AccountId,
) -> None:
    spent = await spend_tokens(use(account_id, 200, "a"))
    pass_days(31.5)
    later = await spend_tokens(use(account_id, 450, "b"))

    assert (spent.balance_after, later.balance_after) == (300, 50)
    with pytest.raises(InsufficientTokens):
        await spend_tokens(use(account_id, 51, "c"))


@pytest.mark.parametrize("amount", [1, 500, 600], ids=["one", "all of the budget", "more"])
async def test_at_a_month_s_edge_the_new_budget_is_spent_before_bought_tokens(
    account_id: AccountId, amount: int
) -> None:
    await settle_budget(account_id)
    await give(account_id, 1_000, GrantKind.PACK)
    pass_days(31.5)

    await spend_tokens(use(account_id, amount, "a"))

    of_pack = max(0, amount - 500)
    assert await count("token_grant", f"kind = 'PACK' AND spent = {of_pack}") == 1
    assert await count("token_grant", f"kind = 'MONTHLY' AND spent = {amount - of_pack}") == 1


async def test_a_budget_that_cannot_be_settled_keeps_nobody_from_spending(
    account_id: AccountId, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = account_of(await make_person("bob", FREE))
    await mark_budget_due(other)
    for each in (account_id, other):
        await give(each, 100, GrantKind.PACK)

    async def settle(failing: AccountId) -> bool:
        if failing == account_id:
            raise RuntimeError("broken")
        return await settle_budget(failing)

    monkeypatch.setattr(spending, "settle_budget", settle)
    first, second = await asyncio.gather(
        spend_tokens(use(account_id, 70, "a")), spend_tokens(use(other, 520, "a"))
    )

    assert (first.balance_after, second.balance_after) == (30, 80)


async def test_who_signs_up_has_a_budget_at_once(services: Services) -> None:
    person = SignUp("eve@example.org", PASSWORD, "Eve")
    session = await sign_up(person, Browser(), verify_at_once=True)

    await grant_first_budget(session.owner)

    [account_id] = await list_owned_accounts(session.owner)
    assert await count("ledger_account", "owner_id = $1 AND balance = 500", account_id) == 1


@pytest.mark.parametrize(
    ("shares", "given"),
    [
        ((10_000,), 0),
        ((5_000,), 5_300),
        ((5_000, 0), 10_600),
        ((0, 10_000, 0), 10_600),  # what was given stays, and is given once
    ],
    ids=str,
)
@pytest.mark.parametrize("days", [0.01, 26.5], ids=["within its month", "after it"])
async def test_what_was_paid_for_after_all_is_given_to_the_plan_that_began_with_less(
    account_id: AccountId, shares: tuple[int, ...], given: int, days: float
) -> None:
    await change(account_id, PRO, days_from_now(0, 27))  # shorter than any month that follows
    await spend(account_id, 10_600)
    await db.run_in_transaction(lambda: mark_unpaid(account_id))
    await change(account_id, FREE, None)
    pass_days(1)
    await change(account_id, PRO, days_from_now(0, 30))
    pass_days(days)

    for share in shares:
        await db.run_in_transaction(partial(correct_share, account_id, share))

    assert (await numbers(account_id))[0] == 25_000 - 10_600 + given
    assert [finding for finding in await check_books() if not finding.ok] == []


async def correct_share(account_id: AccountId, share: int) -> None:
    """Of the plan that has ended, as a refund does that is made or comes back."""
    for budget in await lock_plan_budgets(account_id):
        if budget.ended_at is not None:
            await set_unpaid_share(budget.id, share)
    await return_withheld(account_id)
