"""Packs given back: by the buyer, by staff, by withdrawal, and at Stripe; to the cent, by hand."""

import asyncio
from datetime import UTC, datetime

import pytest

from chenu.accounts.actor import AccountRole, ApiScope, Staff
from chenu.accounts.errors import RightMissing
from chenu.billing.invoices import InvoiceId
from chenu.billing.refund_requests import RefundRequestState
from chenu.core import db
from chenu.core.errors import ChenuError, Forbidden, Invalid, InvalidState, NotFound
from chenu.core.money import Cents
from chenu.flows.invariants import check_everything
from chenu.flows.packs.refunds import (
    RefundPackInput,
    get_pack_offer,
    list_pack_offers,
    refund_own_pack,
)
from chenu.flows.services import Services
from chenu.flows.subscriptions.refund_requests import RefundInput, decide_refund, request_refund
from chenu.flows.subscriptions.refunds import adopt_refund
from chenu.flows.withdrawals.declare import declare_own
from chenu.flows.withdrawals.sources import list_contracts
from chenu.tokens.holds import release_hold
from chenu.tokens.pack_orders import PackOrderRow
from chenu.tokens.wallet import get_wallet
from tests.api.calls import counted_statements
from tests.flows.packs import (
    FAILS,
    Grants,
    buy,
    grants_of,
    hold,
    open_packs,
    order_pack,
    return_at_stripe,
    spend,
)
from tests.flows.plans import advance, catch_up
from tests.people import Person, make_member, make_person, pay
from tests.rows import count, mails_to
from tests.stripe_side import StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_packs(services)


async def require_true_books(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def give_back(
    services: Services, person: Person, order: PackOrderRow, expected: int, key: str = "back"
) -> str:
    data = RefundPackInput(order.id, Cents(expected))
    request = await refund_own_pack(services, person.actor, data, key)
    await catch_up(services)
    return request.state


async def invoice_of(order: PackOrderRow) -> InvoiceId:
    sql = "SELECT invoice FROM invoice_payment WHERE id = $1"
    return InvoiceId(await db.fetch_value(sql, order.payment_id))


GIVEN_BACK = {
    # price * unspent base // base, worked by hand; the bonus is spent first
    "nothing spent": ("pack_1k", 0, 900, Grants(1000, 100)),
    "half of the bonus spent": ("pack_1k", 50, 900, Grants(1000, 50)),
    "the bonus spent": ("pack_1k", 100, 900, Grants(1000, 0)),
    "one of the base spent": ("pack_1k", 101, 899, Grants(999, 0)),  # 899.1
    "two thirds": ("pack_1k", 767, 299, Grants(333, 0)),  # 299.7
    "all but one": ("pack_1k", 1099, 0, Grants(1, 0)),  # 0.9
    "all but two": ("pack_1k", 1098, 1, Grants(2, 0)),  # 1.8
    "small, one left": ("pack_100", 99, 1, Grants(1, 0)),
    "large": ("pack_10k", 2001, 7999, Grants(9999, 0)),  # 7999.2
    "largest": ("pack_100k", 130_000 - 33_333, 23_333, Grants(33_333, 0)),  # 23333.1
}


@pytest.mark.parametrize(
    ("code", "spent", "returned", "unspent"), GIVEN_BACK.values(), ids=GIVEN_BACK.keys()
)
async def test_a_buyer_gets_the_price_of_the_unspent_base(
    services: Services,
    person: Person,
    code: str,
    spent: int,
    returned: int,
    unspent: Grants,
) -> None:
    order = await buy(services, person.actor, code)
    if spent:
        await spend(person, spent)
    assert await grants_of(order) == unspent
    offer = await get_pack_offer(order)
    assert offer.amount == returned

    if returned:
        assert await give_back(services, person, order, returned) == "SETTLED"
    else:
        with pytest.raises(InvalidState):
            await give_back(services, person, order, 0)

    assert await grants_of(order) == (Grants(0, 0) if returned else unspent)
    assert await count("invoice_refund", "amount = $1", returned) == bool(returned)
    assert await count("credit_note", "total = $1", returned) == bool(returned)
    assert (await mails_to(person.email)).count("REFUND") == bool(returned)
    await require_true_books(services)


async def test_tokens_that_a_run_holds_are_not_unspent(services: Services, person: Person) -> None:
    order = await buy(services, person.actor)
    run = await hold(person, 600)  # the bonus and 500 of the base
    async with counted_statements() as for_one:
        await list_pack_offers([order])
    async with counted_statements() as for_two:
        [offer, _] = await list_pack_offers([order, order])

    assert (offer.amount, len(for_one)) == (450, len(for_two))
    assert await give_back(services, person, order, 450) == "SETTLED"
    await db.run_in_transaction(
        lambda: release_hold(person.actor.require_account(ApiScope.READ), run)
    )

    assert await grants_of(order) == Grants(500, 100)
    assert await give_back(services, person, order, 450, key="rest") == "SETTLED"
    assert await grants_of(order) == Grants(0, 0)
    await require_true_books(services)


async def test_a_repeated_refund_is_the_same(services: Services, person: Person) -> None:
    order = await buy(services, person.actor)

    await asyncio.gather(*(give_back(services, person, order, 900) for _ in range(5)))

    assert await count("invoice_refund_request") == await count("invoice_refund") == 1
    assert await grants_of(order) == Grants(0, 0)
    with pytest.raises(InvalidState):
        await give_back(services, person, order, 900, key="another")
    await require_true_books(services)


async def test_an_amount_that_has_changed_is_shown_again(
    services: Services, person: Person
) -> None:
    order = await buy(services, person.actor)
    await spend(person, 200)

    with pytest.raises(InvalidState, match="spent since"):
        await give_back(services, person, order, 900)

    assert await grants_of(order) == Grants(900, 0)
    assert await count("invoice_refund_request") == await count("pack_refund") == 0


async def test_after_14_days_staff_decide(services: Services, person: Person) -> None:
    order = await buy(services, person.actor)
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    await advance(services, 20)

    with pytest.raises(InvalidState, match="14 days"):
        await give_back(services, person, order, 900)
    wrong = RefundInput(await invoice_of(order), Cents(500), "Fair")
    with pytest.raises(Invalid, match="unspent") as refused:
        await request_refund(services, clerk.actor, wrong, "wrong")
    data = RefundInput(wrong.invoice_id, Cents(900), wrong.reason)
    request = await request_refund(services, clerk.actor, data, "right")
    await catch_up(services)

    assert refused.value.path == ("amount",)
    assert request.state is RefundRequestState.SETTLED
    assert await grants_of(order) == Grants(0, 0)
    await require_true_books(services)


@pytest.mark.parametrize("approve", [True, False], ids=["approved", "rejected"])
async def test_above_100_euros_a_second_person_decides(
    services: Services, person: Person, approve: bool
) -> None:
    order = await buy(services, person.actor, "pack_100k")
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    colleague = await make_person("colleague", staff=(Staff.SUPPORT,))
    data = RefundInput(await invoice_of(order), Cents(70_000), "Fair")

    waiting = await request_refund(services, clerk.actor, data, "key")
    taken = await grants_of(order)
    with pytest.raises(Forbidden):
        await decide_refund(services, clerk.actor, waiting.id, approve=True, reason=None)
    await decide_refund(services, colleague.actor, waiting.id, approve=approve, reason="Looked")
    await catch_up(services)

    assert waiting.state is RefundRequestState.WAITING
    assert taken == Grants(0, 0)
    assert await grants_of(order) == (Grants(0, 0) if approve else Grants(100_000, 30_000))
    assert await count("invoice_refund", "amount = 70000") == approve
    await require_true_books(services)


async def test_a_refund_that_stripe_refuses_gives_the_tokens_again(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    order = await buy(services, person.actor)
    await stripe_side.fail("card_error", "/v1/refunds", method="POST")

    state = await give_back(services, person, order, 900)

    assert state == "FAILED"
    assert await grants_of(order) == Grants(1000, 100)
    assert await count("invoice_refund") == 0
    await stripe_side.heal()
    assert await give_back(services, person, order, 900, key="again") == "SETTLED"
    assert await grants_of(order) == Grants(0, 0)


async def test_a_refund_that_the_bank_sends_back_gives_the_tokens_again(
    services: Services, person: Person
) -> None:
    order = await buy(services, person.actor, card=FAILS)
    await spend(person, 300)
    await give_back(services, person, order, 720)
    assert await grants_of(order) == Grants(0, 0)

    await advance(services, 0.1)

    assert await grants_of(order) == Grants(800, 0)
    assert await count("invoice_refund", "failed_at IS NOT NULL") == 1
    announced = "kind = 'REFUND_FAILED' AND (params->>'tokens')::int = 800"
    assert await count("outbox_mail", announced) == 1
    await require_true_books(services)


async def test_a_refund_of_the_same_amount_is_not_taken_for_one_that_is_under_way(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    """Half is spent: 450 go back by the buyer, 450 in the dashboard, heard of first."""
    order = await buy(services, person.actor)
    await spend(person, 600)
    await stripe_side.fail("500_before", "/v1/refunds", method="POST", times=None)
    data = RefundPackInput(order.id, Cents(450))
    own = await refund_own_pack(services, person.actor, data, "back")
    await stripe_side.heal()
    foreign = await return_at_stripe(stripe_side, order, 450)

    await adopt_refund(services.subscriptions, await services.subscriptions.get_refund(foreign))

    assert own.state is RefundRequestState.APPROVED
    linked = "SELECT refund_request FROM pack_refund WHERE stripe_refund_id = $1"
    assert await db.fetch_value(linked, foreign) is None
    await catch_up(services)
    assert await count("pack_refund", "stripe_refund_id IS NOT NULL") == 2
    assert await db.fetch_value(linked, foreign) is None
    await require_true_books(services)


AT_STRIPE = {
    # part of the price, tokens spent before: what is left of base and bonus, and the wallet
    "all, nothing spent": (900, 0, Grants(0, 0), 0),
    "half, nothing spent": (450, 0, Grants(500, 50), 550),
    "a third, nothing spent": (300, 0, Grants(667, 67), 734),  # 333 and 33 go
    "one cent": (1, 0, Grants(999, 100), 1099),  # 1.1 and 0.1
    "all, the bonus spent": (900, 100, Grants(0, 0, 100), -100),
    "all, everything spent": (900, 1100, Grants(0, 0, 1100), -1100),
    "half, 800 spent": (450, 800, Grants(0, 0, 250), -250),  # 50 + 500 go, 300 were left
}


@pytest.mark.parametrize(
    ("amount", "spent", "left", "available"), AT_STRIPE.values(), ids=AT_STRIPE.keys()
)
async def test_a_refund_at_stripe_takes_its_part_and_leaves_a_debt(
    services: Services,
    person: Person,
    stripe_side: StripeSide,
    amount: int,
    spent: int,
    left: Grants,
    available: int,
) -> None:
    order = await buy(services, person.actor)
    if spent:
        await spend(person, spent)

    await return_at_stripe(stripe_side, order, amount)
    await catch_up(services)

    assert await grants_of(order) == left
    assert (await get_wallet(order.account_id)).available == available
    await require_true_books(services)


async def test_a_debt_is_filled_by_the_next_pack(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    order = await buy(services, person.actor)
    await spend(person, 1100)
    await return_at_stripe(stripe_side, order, 900)
    await catch_up(services)

    await buy(services, person.actor, "pack_10k", key="pack-2")

    assert (await get_wallet(order.account_id)).available == 12_000 - 1100
    await require_true_books(services)


@pytest.mark.parametrize("amount", [80, 100], ids=["a part", "all"])
async def test_tokens_that_repaid_a_debt_are_owed_when_their_own_pack_is_refunded(
    services: Services, person: Person, stripe_side: StripeSide, amount: int
) -> None:
    first = await buy(services, person.actor, "pack_100")
    await spend(person, 100)
    await return_at_stripe(stripe_side, first, 100)
    await catch_up(services)
    second = await buy(services, person.actor, "pack_100", key="pack-2")
    assert (await get_wallet(first.account_id)).available == 0

    await return_at_stripe(stripe_side, second, amount)
    await catch_up(services)

    assert (await get_wallet(first.account_id)).available == -amount
    assert await grants_of(second) == Grants(0, 0, amount)
    await require_true_books(services)


async def test_what_was_spent_before_and_after_a_refund_that_failed_is_owed(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    """Spent: 500, then 300 of what was given again; a whole refund leaves a debt of them all."""
    order = await buy(services, person.actor, card=FAILS)
    await spend(person, 500)
    await return_at_stripe(stripe_side, order, 450)
    await catch_up(services)
    await advance(services, 0.1)
    assert (await get_wallet(order.account_id)).available == 600
    await spend(person, 300)

    await return_at_stripe(stripe_side, order, 900)
    await catch_up(services)

    assert (await get_wallet(order.account_id)).available == -800
    assert await count("pack_refund", "restored_at IS NULL AND debt_tokens = 800") == 1
    await require_true_books(services)


async def test_parts_at_stripe_add_up_to_the_whole(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    order = await buy(services, person.actor)

    for amount in (1, 299, 300, 300):
        await return_at_stripe(stripe_side, order, amount)
        await catch_up(services)

    assert await grants_of(order) == Grants(0, 0)
    assert await count("pack_refund") == 4
    await require_true_books(services)


async def test_a_rest_at_stripe_after_a_buyers_refund_takes_the_rest(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    order = await buy(services, person.actor)
    await spend(person, 600)
    await give_back(services, person, order, 450)

    await return_at_stripe(stripe_side, order, 450)
    await catch_up(services)

    assert await grants_of(order) == Grants(0, 0, 550)  # half of the base and of the bonus
    await require_true_books(services)


async def test_a_refund_before_the_credit_is_followed(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    order = await order_pack(services, person.actor)
    assert order.checkout_url is not None
    await pay(order.checkout_url)
    [charge] = await stripe_side.list_all("/v1/charges")
    await stripe_side.change("/v1/refunds", charge=charge["id"])

    await catch_up(services)

    assert await grants_of(order) == Grants(0, 0)
    assert await count("invoice_refund", "amount = 900") == 1
    await require_true_books(services)


async def test_a_withdrawal_returns_the_same(services: Services, person: Person) -> None:
    order = await buy(services, person.actor)
    await spend(person, 350)
    [contract] = await list_contracts(order.account_id)

    await declare_own(services, person.actor, contract.id)
    await catch_up(services)

    assert (contract.id, contract.kind) == (order.id, "PACK")
    assert await count("invoice_refund", "amount = 675") == 1  # 750 of 1000
    assert await grants_of(order) == Grants(0, 0)
    assert "WITHDRAWAL_DONE" in await mails_to(person.email)
    await require_true_books(services)


async def test_nobody_gives_back_what_is_somebody_elses(services: Services, person: Person) -> None:
    order = await buy(services, person.actor)
    other = await make_person("other")
    member = await make_member(person, "member", AccountRole.MEMBER)

    refusals: list[ChenuError] = []
    for actor in (other.actor, member.actor):
        try:
            await refund_own_pack(services, actor, RefundPackInput(order.id, Cents(900)), "k")
        except ChenuError as refusal:
            refusals.append(refusal)

    assert [type(each) for each in refusals] == [NotFound, RightMissing]
    assert await grants_of(order) == Grants(1000, 100)
