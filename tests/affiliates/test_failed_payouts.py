"""A transfer that Stripe refuses for good, or whose outcome is unknown when it is given up."""

import pytest

from chenu.accounts.actor import Staff
from chenu.core.errors import InvalidState
from chenu.flows.affiliates.payout_run import run_payouts
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.operations.decisions import give_up_operation, retry_operation
from chenu.flows.operations.repair import repair_due
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.operations import OperationId
from tests.affiliates.paid import Earning, fund, open_earning, this_month
from tests.affiliates.test_payouts import pay
from tests.flows.sales import work_off
from tests.people import make_person
from tests.rows import count, count_jobs, mails_to
from tests.stripe_side import StripeSide


def transfer_of(payout_operation: object) -> OperationId:
    assert payout_operation is not None
    return OperationId(payout_operation)  # type: ignore[arg-type]  # a UUID


async def refuse(services: Services, side: StripeSide) -> Earning:
    earning = await open_earning(services, 6000)
    await fund(side)
    await side.fail("card_error", "/v1/transfers", method="POST", code="transfers_not_allowed")
    await pay(services)
    await side.heal()
    return earning


async def test_a_refused_payout_is_due_again_and_paid_once_by_the_same_row(
    services: Services, stripe_side: StripeSide
) -> None:
    earning = await refuse(services, stripe_side)
    failed, after_failure = await earning.payout(), await earning.states()
    await earning.earn(250)

    await pay(services, times=2)

    paid = await earning.payout()
    assert (failed.status, failed.failure_reason) == ("FAILED", "transfers_not_allowed")
    assert after_failure == ["DUE"]
    assert (paid.id, paid.amount, paid.status) == (failed.id, 6250, "PAID")
    assert paid.operation_id != failed.operation_id
    assert [each["amount"] for each in await earning.transfers(stripe_side)] == [6250]
    assert await mails_to(earning.person.email) == ["AFFILIATE_PAYOUT_FAILED", "AFFILIATE_PAID"]


async def test_a_refused_payout_is_not_paid_by_two_months(
    services: Services, stripe_side: StripeSide
) -> None:
    earning = await refuse(services, stripe_side)
    earlier = this_month().previous()
    await run_payouts(earlier, dry_run=False)
    await work_off(services)

    await pay(services)
    operator = await make_person("operator", staff=(Staff.ADMIN,))
    operation = transfer_of((await earning.payout()).operation_id)
    with pytest.raises(InvalidState):
        await retry_operation(services, operator.actor, operation, name="op")

    assert (await earning.payout()).status == "FAILED"
    assert (await earning.payout(earlier)).status == "PAID"
    assert await count("operation", "kind = 'AFFILIATE_TRANSFER' AND state = 'SETTLED'") == 1


async def test_what_is_given_up_unknown_is_paid_by_no_other_run(
    services: Services, stripe_side: StripeSide
) -> None:
    """Stripe has made the transfer, and nobody here knows."""
    earning = await open_earning(services, 6000)
    await fund(stripe_side)
    await stripe_side.fail("disconnect_after", "/v1/transfers", method="POST", times=None)
    await pay(services)
    await stripe_side.heal()
    operator = await make_person("operator", staff=(Staff.ADMIN,))
    operation = transfer_of((await earning.payout()).operation_id)
    await give_up_operation(services, operator.actor, operation, name="op", reason="Too long.")

    await pay(services)
    await run_payouts(this_month().previous(), dry_run=False)
    given_up = await earning.payout()
    await retry_operation(services, operator.actor, operation, name="op")

    assert (given_up.status, given_up.failure_reason) == ("FAILED", "given_up")
    assert (await earning.payout()).status == "PAID"
    assert await count("affiliate_payout") == 1
    assert len(await earning.transfers(stripe_side)) == 1


async def test_a_payout_that_waits_for_its_account_is_made_once_the_account_can_be_paid(
    services: Services, stripe_side: StripeSide
) -> None:
    """At once, with no day of waiting; an account that stays restricted wakes nothing."""
    earning = await open_earning(services, 6000)
    await fund(stripe_side)
    account = await earning.stripe_account()
    await run_payouts(this_month(), dry_run=False)
    await stripe_side.set_capability(account, "restricted")
    await refresh_connect_state(services.connect, account)
    for _ in range(4):
        await run_operation(services, transfer_of((await earning.payout()).operation_id))
    jobs, waiting = await count_jobs("repair"), await earning.payout()

    await stripe_side.set_capability(account, "active")
    await refresh_connect_state(services.connect, account)
    woken = await count_jobs("repair") - jobs
    await repair_due(services)

    assert (waiting.status, woken) == ("PENDING", 1)
    assert [each["amount"] for each in await earning.transfers(stripe_side)] == [6000]
    assert (await earning.payout()).status == "PAID"
