"""Withdrawing from a plan: signed in, signed out, by the desk; what ends and what comes back."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, Staff
from chenu.accounts.errors import RightMissing
from chenu.billing.invoices import list_invoices
from chenu.billing.recurring import BillingInterval
from chenu.core import db
from chenu.core.errors import (
    Forbidden,
    Invalid,
    InvalidState,
    NotFound,
    RateLimited,
    Rejected,
)
from chenu.core.ids import new_id
from chenu.core.paging import PageRequest
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan
from chenu.flows.subscriptions.start import StartInput, start_subscription
from chenu.flows.withdrawals.declare import StatementInput, declare, declare_own
from chenu.flows.withdrawals.desk import execute_statement, list_candidates, refuse_statement
from chenu.support.withdrawals import StatementRow, list_waiting_statements
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import advance, catch_up, complete, open_plans, plan_of, start, tier_of
from tests.people import Person, make_member, make_person
from tests.rows import count, fingerprint, mails_to
from tests.stripe_side import AWAY, StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)
IP = "192.0.2.7"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    """Somebody on Free, over an empty sandbox."""
    await stripe_side.reset()
    return await open_plans(services)


@pytest.fixture
async def clerk(services: Services) -> Person:
    return await make_person("clerk", staff=(Staff.SUPPORT,))


async def subscribe(
    services: Services,
    person: Person,
    *,
    starts_now: bool = False,
    trial: bool = False,
    interval: BillingInterval = BillingInterval.MONTH,
) -> None:
    request = StartInput(TierCode.PRO, interval, "fr", trial=trial, starts_now=starts_now)
    order = await start_subscription(services, person.actor, request, "plan-1")
    await complete(services, order)


async def withdraw(services: Services, person: Person) -> StatementRow:
    plan = await plan_of(person)
    assert plan is not None
    row = await declare_own(services, person.actor, plan.id)
    await catch_up(services)
    return row


async def refunded(stripe_side: StripeSide) -> list[int]:
    return [one["amount"] for one in await stripe_side.list_all("/v1/refunds")]


async def require_sound(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def say(person: Person, **changes: str) -> StatementInput:
    """The words of a matching statement, signed out."""
    assert person.actor.account_id is not None
    rows = (await list_invoices(person.actor.account_id, PageRequest(10))).rows
    number = str(rows[0].number) if rows else "none"
    data = StatementInput("Zoe", number, person.email, "en")
    return msgspec.structs.replace(data, **changes)


async def waiting() -> list[StatementRow]:
    return list((await list_waiting_statements(PageRequest(20))).rows)


@pytest.mark.parametrize(
    ("starts_now", "days", "used"),
    [(False, 0, 0), (False, 13, 0), (True, 0.5, 0), (True, 10, 10)],
    ids=["at once", "after 13 days", "started on the first day", "started after 10 days"],
)
async def test_the_plan_ends_at_once_and_what_is_due_comes_back(
    services: Services,
    stripe_side: StripeSide,
    person: Person,
    starts_now: bool,
    days: float,
    used: int,
) -> None:
    await subscribe(services, person, starts_now=starts_now)
    period = await db.fetch_value("SELECT period_end - period_start FROM invoice")
    if days:
        await advance(services, days)

    await withdraw(services, person)

    assert await refunded(stripe_side) == [2900 - 2900 * used // period.days]
    assert await tier_of(person) == "FREE"
    plan = await plan_of(person)
    assert plan is not None
    assert not plan.is_live
    kinds = await mails_to(person.email)
    assert [kinds.count(kind) for kind in ("WITHDRAWAL_RECEIVED", "WITHDRAWAL_DONE", "REFUND")] == [
        1,
        1,
        1,
    ]
    await require_sound(services)


async def test_a_yearly_plan_returns_the_year(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person, interval=BillingInterval.YEAR)

    await withdraw(services, person)

    assert await refunded(stripe_side) == [29000]  # a right of the customer's: no second person
    await require_sound(services)


async def test_a_trial_ends_and_the_days_count_from_the_first_payment(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person, trial=True)
    await advance(services, 15)
    assert await count("invoice_payment") == 1

    await advance(services, 10)
    await withdraw(services, person)

    assert await refunded(stripe_side) == [2900]
    assert await tier_of(person) == "FREE"


async def test_a_trial_before_any_payment_ends_without_a_refund(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person, trial=True)

    await withdraw(services, person)

    assert await refunded(stripe_side) == []
    assert await tier_of(person) == "FREE"
    assert (await mails_to(person.email)).count("WITHDRAWAL_DONE") == 1


async def test_who_ended_the_plan_before_may_still_withdraw(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)
    await cancel_plan(services, person.actor, CancelInput(at_period_end=False), "end")

    await withdraw(services, person)

    assert await refunded(stripe_side) == [2900]
    await require_sound(services)


async def test_who_withdraws_is_mailed_that_and_no_other_end(
    services: Services, person: Person
) -> None:
    await subscribe(services, person)

    await withdraw(services, person)

    mails = await mails_to(person.email)
    assert mails.count("WITHDRAWAL_DONE") == 1
    assert "PLAN_ENDED" not in mails


async def test_too_late_changes_nothing_and_says_what_is_left(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)
    await advance(services, 20)
    before = await fingerprint()

    with pytest.raises(InvalidState, match="cancel it at the end"):
        await withdraw(services, person)

    assert await fingerprint() == before
    assert await refunded(stripe_side) == []


async def test_what_was_returned_before_is_not_returned_again(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)
    charge = await db.fetch_value("SELECT stripe_charge_id FROM invoice_payment")
    await stripe_side.change("/v1/refunds", charge=charge, amount="900")
    await catch_up(services)

    await withdraw(services, person)

    assert sorted(await refunded(stripe_side)) == [900, 2000]
    await require_sound(services)


async def test_withdrawing_many_times_at_once_returns_once(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)
    plan = await plan_of(person)
    assert plan is not None

    await asyncio.gather(*(declare_own(services, person.actor, plan.id) for _ in range(4)))
    await catch_up(services)

    assert await refunded(stripe_side) == [2900]
    assert await count("withdrawal_statement") == 1
    await require_sound(services)


async def test_while_stripe_is_away_it_is_taken_and_carried_out_later(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)
    plan = await plan_of(person)
    assert plan is not None
    await stripe_side.fail(AWAY, times=None)

    await declare_own(services, person.actor, plan.id)
    await stripe_side.heal()
    await catch_up(services)

    assert await refunded(stripe_side) == [2900]
    assert await tier_of(person) == "FREE"
    await require_sound(services)


async def test_roles_without_the_plan_do_not_withdraw(services: Services, person: Person) -> None:
    await subscribe(services, person)
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", person.actor.account_id)
    member = await make_member(person, "colleague", AccountRole.MEMBER)
    actor = replace(
        member.actor, account_id=person.actor.account_id, account_role=AccountRole.MEMBER
    )
    stranger = await make_person("stranger")
    plan = await plan_of(person)
    assert plan is not None

    with pytest.raises(RightMissing):
        await declare_own(services, actor, plan.id)
    with pytest.raises(NotFound):
        await declare_own(services, stranger.actor, plan.id)


async def test_signed_out_a_clear_match_is_carried_out(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)

    await declare(await say(person), IP)
    await catch_up(services)

    assert await refunded(stripe_side) == [2900]
    assert await tier_of(person) == "FREE"
    assert await waiting() == []
    await require_sound(services)


UNCLEAR = {
    "another name": {"name": "Somebody Else"},
    "another address": {"email": "other@example.org"},
    "another number": {"contract": "CHENU-9999"},
    "no number at all": {"contract": "my plan"},
    "an id of nothing": {"contract": str(new_id())},
    "a subscription of nobody": {"contract": "sub_nobody"},
}


@pytest.mark.parametrize("changes", UNCLEAR.values(), ids=UNCLEAR.keys())
async def test_what_is_unclear_waits_for_the_desk_with_the_same_answer(
    services: Services, stripe_side: StripeSide, person: Person, changes: dict[str, str]
) -> None:
    await subscribe(services, person)
    data = await say(person, **changes)

    await declare(data, IP)

    assert [row.contract for row in await waiting()] == [data.contract]
    assert (await mails_to(data.email)).count("WITHDRAWAL_RECEIVED") == 1
    assert await tier_of(person) == "PRO"
    assert await refunded(stripe_side) == []


async def test_an_address_of_a_member_without_the_right_is_not_enough(
    services: Services, person: Person
) -> None:
    await subscribe(services, person)
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", person.actor.account_id)
    member = await make_member(person, "colleague", AccountRole.MEMBER)

    await declare(await say(person, name="Colleague", email=member.email), IP)

    assert len(await waiting()) == 1
    assert await tier_of(person) == "PRO"


async def test_a_form_that_is_sent_twice_is_one_statement(person: Person) -> None:
    for _ in range(2):
        await declare(await say(person), IP)

    assert await count("withdrawal_statement") == 1
    assert (await mails_to(person.email)).count("WITHDRAWAL_RECEIVED") == 1


async def test_receipts_are_not_sent_to_one_address_without_end(person: Person) -> None:
    for number in range(5):
        await declare(await say(person, contract=f"No. {number}"), f"192.0.2.{number}")

    with pytest.raises(RateLimited):
        await declare(await say(person, contract="No. 6"), "192.0.2.99")


async def test_one_network_address_does_not_send_receipts_without_end(person: Person) -> None:
    for number in range(20):
        await declare(await say(person, email=f"someone{number}@example.org"), IP)

    with pytest.raises(RateLimited):
        await declare(await say(person, email="another@example.org"), IP)


BAD = {
    "no name": ({"name": " "}, ("name",)),
    "a long name": ({"name": "x" * 81}, ("name",)),
    "no contract": ({"contract": ""}, ("contract",)),
    "a long contract": ({"contract": "x" * 121}, ("contract",)),
    "lines": ({"contract": "a\nb"}, ("contract",)),
    "turned round": ({"name": "\u202eeoZ"}, ("name",)),
    "no address": ({"email": "zoe"}, ("email",)),
}


@pytest.mark.parametrize(("changes", "path"), BAD.values(), ids=BAD.keys())
async def test_bad_input_is_named_and_nothing_is_stored(
    services: Services, person: Person, changes: dict[str, str], path: tuple[str, ...]
) -> None:
    before = await fingerprint()

    with pytest.raises(Invalid) as refused:
        await declare(await say(person, **changes), IP)

    assert refused.value.path == path
    assert await fingerprint() == before


async def test_all_that_is_wrong_is_named_together(person: Person) -> None:
    with pytest.raises(Rejected) as refused:
        await declare(StatementInput("", "", "", "en"), IP)

    assert [error.path for error in refused.value.each] == [("name",), ("contract",), ("email",)]


async def test_the_desk_carries_out_as_of_when_it_was_declared(
    services: Services, stripe_side: StripeSide, person: Person, clerk: Person
) -> None:
    await subscribe(services, person, starts_now=True)
    await declare(await say(person, contract="the plan that I began today"), IP)
    await advance(services, 25)
    [statement] = await waiting()

    [candidate] = await list_candidates(statement)
    await execute_statement(services, clerk.actor, statement.id, candidate.id)
    await catch_up(services)

    assert await refunded(stripe_side) == [2900]
    assert await waiting() == []
    assert await tier_of(person) == "FREE"
    with pytest.raises(InvalidState, match="decided"):
        await execute_statement(services, clerk.actor, statement.id, candidate.id)
    await require_sound(services)


async def test_the_desk_refuses_with_a_reason_that_is_mailed(
    services: Services, person: Person, clerk: Person
) -> None:
    await subscribe(services, person)
    await advance(services, 20)
    await declare(await say(person), IP)
    [statement] = await waiting()
    [candidate] = await list_candidates(statement)
    with pytest.raises(InvalidState, match="too late"):
        await execute_statement(services, clerk.actor, statement.id, candidate.id)
    with pytest.raises(Invalid, match="characters"):
        await refuse_statement(clerk.actor, statement.id, "")

    await refuse_statement(clerk.actor, statement.id, "The 14 days were over.")

    assert await waiting() == []
    assert (await mails_to(person.email)).count("WITHDRAWAL_REFUSED") == 1
    assert await tier_of(person) == "PRO"


@pytest.mark.parametrize("role", [Staff.REVIEWER, Staff.FINANCE, None], ids=str)
async def test_only_the_support_desk_decides(
    services: Services, person: Person, role: Staff | None
) -> None:
    await declare(await say(person), IP)
    [statement] = await waiting()
    other = await make_person("other", staff=(role,) if role else ())

    with pytest.raises(Forbidden):
        await refuse_statement(other.actor, statement.id, "So.")
    with pytest.raises(Forbidden):
        await execute_statement(services, other.actor, statement.id, new_id())


async def test_ticking_the_box_later_opens_another_page(services: Services, person: Person) -> None:
    """Who ticks the box after all gets a page on which it counts."""
    first = await start(services, person.actor, TierCode.PRO)
    request = StartInput(TierCode.PRO, BillingInterval.MONTH, "fr", trial=False, starts_now=True)

    second = await start_subscription(services, person.actor, request, "plan-2")

    assert second.id != first.id
    assert second.starts_now
