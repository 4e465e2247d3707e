"""Contracts for ENTERPRISE: who enters them, when they begin and end, and what a plan does then."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from chenu.accounts.actor import AccountId, Staff
from chenu.accounts.roles import AccountRole
from chenu.accounts.users import add_member
from chenu.billing.contracts import ContractStatus, get_contract, list_contracts
from chenu.billing.recurring import BillingInterval
from chenu.core.clock import business_now
from chenu.core.errors import Forbidden, Invalid, InvalidState, NotFound, ProviderUnavailable
from chenu.core.ids import new_id
from chenu.flows.operations.repair import repair_all
from chenu.flows.services import Services
from chenu.flows.subscriptions import contracts
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.changes import resume_plan
from chenu.flows.subscriptions.contracts import (
    apply_due_contracts,
    end_contract,
    enter_contract,
)
from chenu.tiers.catalogue import TierCode
from tests.contracts import contract_of_days
from tests.flows.plans import (
    advance,
    catch_up,
    change,
    complete,
    move_to,
    open_plans,
    plan_of,
    start,
    tier_of,
)
from tests.flows.test_plans import require_true_books
from tests.people import Person, make_person, sign_in_again
from tests.rows import count, fingerprint
from tests.stripe_side import StripeSide


def account_of(person: Person) -> AccountId:
    assert person.actor.account_id is not None
    return person.actor.account_id


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


@pytest.fixture
async def finance() -> Person:
    return await make_person("fin", staff=(Staff.FINANCE,))


async def seats_of(person: Person) -> object:
    return await count("account", "id = $1 AND seats = 40", account_of(person))


async def test_a_contract_begins_at_once_and_ends_by_itself(
    services: Services, person: Person, finance: Person
) -> None:
    contract_id = await enter_contract(finance.actor, account_of(person), contract_of_days(-1, 30))
    assert (await tier_of(person), await seats_of(person)) == ("ENTERPRISE", 1)

    await advance(services, 31.1)
    await apply_due_contracts()

    assert (await get_contract(contract_id)).status is ContractStatus.ENDED
    assert (await tier_of(person), await seats_of(person)) == ("FREE", 0)
    await require_true_books(services)


async def test_a_contract_that_is_planned_begins_on_its_day(
    services: Services, person: Person, finance: Person
) -> None:
    await enter_contract(finance.actor, account_of(person), contract_of_days(10, 40))
    await advance(services, 9)
    await apply_due_contracts()
    assert await tier_of(person) == "FREE"

    await advance(services, 1.1)
    await apply_due_contracts()

    assert await tier_of(person) == "ENTERPRISE"


async def test_a_plan_beside_a_contract_ends_with_its_paid_period(
    services: Services, person: Person, finance: Person
) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO))

    await enter_contract(finance.actor, account_of(person), contract_of_days(0, 90))
    await repair_all(services)

    plan = await plan_of(person)
    assert plan is not None
    assert plan.cancel_at_period_end
    assert await tier_of(person) == "ENTERPRISE"
    await advance(services, 32)
    assert await count("subscription", "status = 'CANCELED'") == 1
    assert await count("invoice_payment") == 1
    assert await tier_of(person) == "ENTERPRISE"
    await require_true_books(services)


async def require_plan_ends(services: Services, payments: int) -> None:
    await advance(services, 32)
    assert await count("subscription", "status = 'CANCELED'") == 1
    assert await count("invoice_payment") == payments
    assert await count("account", "tier = 'ENTERPRISE'") == 1
    await require_true_books(services)


async def test_a_change_under_way_while_a_contract_begins_does_not_keep_the_plan(
    services: Services, stripe_side: StripeSide, person: Person, finance: Person
) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO))
    await stripe_side.fail("disconnect_after", "/v1/subscriptions/*", method="POST", times=None)
    wanted = ChangeInput(TierCode.BUSINESS, BillingInterval.MONTH)
    with pytest.raises(ProviderUnavailable):
        await change_plan(services, person.actor, wanted, "change")

    await enter_contract(finance.actor, account_of(person), contract_of_days(0, 90))
    await stripe_side.heal()
    await catch_up(services)
    plan = await plan_of(person)
    assert plan is not None
    assert (plan.item, plan.cancel_at_period_end) == ("BUSINESS", False)
    await move_to(services, business_now() + timedelta(minutes=10))
    await apply_due_contracts()
    await catch_up(services)

    plan = await plan_of(person)
    assert plan is not None
    assert plan.cancel_at_period_end
    await require_plan_ends(services, payments=2)


async def test_a_downgrade_that_waits_does_not_keep_a_plan_beside_a_contract(
    services: Services, person: Person, finance: Person
) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO))
    await change(services, person.actor, TierCode.STARTER)

    await enter_contract(finance.actor, account_of(person), contract_of_days(0, 90))
    await catch_up(services)

    plan = await plan_of(person)
    assert plan is not None
    assert (plan.cancel_at_period_end, plan.schedule_id) == (True, None)
    await require_plan_ends(services, payments=1)


async def test_a_plan_that_is_renewed_again_at_stripe_beside_a_contract_is_stopped_again(
    services: Services, stripe_side: StripeSide, person: Person, finance: Person
) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO))
    await enter_contract(finance.actor, account_of(person), contract_of_days(0, 90))
    await catch_up(services)
    plan = await plan_of(person)
    assert plan is not None
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
    await stripe_side.change(path, cancel_at_period_end="false")
    await catch_up(services)

    await move_to(services, business_now() + timedelta(hours=1, minutes=1))
    await apply_due_contracts()
    await catch_up(services)

    await require_plan_ends(services, payments=1)


async def test_an_ended_contract_leaves_what_the_plan_gives(
    services: Services, person: Person, finance: Person
) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO))
    contract_id = await enter_contract(finance.actor, account_of(person), contract_of_days(0, 90))

    await end_contract(finance.actor, contract_id, "By agreement.")

    assert await tier_of(person) == "PRO"
    ended = await get_contract(contract_id)
    assert (ended.status, ended.end_reason) == (ContractStatus.ENDED, "By agreement.")
    with pytest.raises(InvalidState, match="has ended"):
        await end_contract(finance.actor, contract_id, "Again.")


async def test_beside_a_contract_no_plan_is_taken_up_again(
    services: Services, person: Person, finance: Person
) -> None:
    await complete(services, await start(services, person.actor))
    await enter_contract(finance.actor, account_of(person), contract_of_days(0, 90))
    await repair_all(services)
    again = await sign_in_again(person.user_id, person.email)

    with pytest.raises(InvalidState, match="A contract runs"):
        await resume_plan(services, again.actor)


@pytest.mark.parametrize(
    ("first", "last"), [(0, 5), (5, 20), (29, 60), (-5, 60)], ids=["start", "middle", "end", "all"]
)
async def test_contracts_of_an_account_do_not_overlap(
    person: Person, finance: Person, first: int, last: int
) -> None:
    await enter_contract(finance.actor, account_of(person), contract_of_days(1, 30))

    with pytest.raises(InvalidState, match="in that time"):
        await enter_contract(finance.actor, account_of(person), contract_of_days(first, last))

    assert len(await list_contracts(account_of(person))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"reference": ""},
        {"amount": 0},
        {"amount": 100_000_001},
        {"seats": 0},
        {"api_calls": -1},
        {"api_rate": 0},
        {"ends_at": None},
    ],
    ids=str,
)
async def test_bad_input_names_its_field_and_changes_nothing(
    person: Person, finance: Person, change: dict[str, Any]
) -> None:
    if "ends_at" in change:
        change = {"ends_at": business_now()}
    data = msgspec.structs.replace(contract_of_days(0, 30), **change)
    before = await fingerprint()

    with pytest.raises(Invalid) as refused:
        await enter_contract(finance.actor, account_of(person), data)

    assert refused.value.path == tuple(change)
    assert await fingerprint() == before


@pytest.mark.parametrize("role", [None, Staff.SUPPORT, Staff.REVIEWER], ids=str)
async def test_nobody_but_finance_enters_a_contract(person: Person, role: Staff | None) -> None:
    other = await make_person("other", staff=(role,) if role else ())

    with pytest.raises(Forbidden):
        await enter_contract(other.actor, account_of(person), contract_of_days(0, 30))


async def test_nobody_decides_about_an_account_of_their_own(
    person: Person, finance: Person
) -> None:
    await add_member(account_of(person), finance.user_id, AccountRole.MEMBER)

    with pytest.raises(InvalidState, match="another colleague"):
        await enter_contract(finance.actor, account_of(person), contract_of_days(0, 30))


async def test_a_contract_needs_an_account(person: Person, finance: Person) -> None:
    with pytest.raises(NotFound):
        await enter_contract(finance.actor, AccountId(new_id()), contract_of_days(0, 30))


async def test_a_contract_that_fails_is_postponed_and_stops_no_other(
    services: Services, person: Person, finance: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await make_person("other", TierCode.FREE)
    poison = await enter_contract(finance.actor, account_of(person), contract_of_days(1, 30))
    sound = await enter_contract(finance.actor, account_of(other), contract_of_days(1, 30))
    apply = contracts.apply_contract

    async def fail(contract_id: Any) -> None:
        if contract_id == poison:
            raise RuntimeError("poison")
        await apply(contract_id)

    monkeypatch.setattr(contracts, "apply_contract", fail)
    await advance(services, 2)

    await apply_due_contracts()

    assert (await get_contract(sound)).status is ContractStatus.RUNNING
    waiting = await get_contract(poison)
    assert waiting.due_at is not None
    assert waiting.due_at > business_now()
