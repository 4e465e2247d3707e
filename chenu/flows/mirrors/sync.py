"""Stripe's copies of our rows, brought up to date: made, told what changed, made anew when gone.

The operations on one copy follow one another, each known by the one before it. So at most one is
open, what is asked last is what ends there, and twenty askers make one object. docs/decisions/0019.
"""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.accounts.customers import BilledPerson, get_billed_person, list_owned_accounts
from chenu.agents.errors import price_changed
from chenu.agents.model import AgentId, Price
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.billing.coupons import CouponRow, find_coupon_by_code
from chenu.core.errors import NotFound, ProviderUnavailable
from chenu.flows.mirrors.agent_price import (
    next_product_operation,
    price_key,
    price_operation,
    product_key,
)
from chenu.flows.mirrors.connect_account import CONNECT_KINDS, account_key, next_connect_operation
from chenu.flows.mirrors.coupon import coupon_key, next_coupon_operation
from chenu.flows.mirrors.customer import (
    CUSTOMER_KINDS,
    customer_key,
    next_customer_operation,
)
from chenu.flows.mirrors.tax_ids import next_tax_id_operation, tax_id_key
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_last,
)

_MOST_STEPS = 10
_MOST_PRICES = 3
_MOST_CUSTOMERS = 3

NextOperation = Callable[[OperationRow | None], Awaitable[NewOperation | None]]


async def _follow(
    services: Services,
    kinds: Sequence[OperationKind],
    subject_id: UUID,
    key: str,
    next_operation: NextOperation,
) -> bool:
    """What is open first, then whatever is still to be sent; False when there was nothing to do.

    What Stripe has just refused is not asked again. Raises OutcomeUnknown.
    """
    refused = set[tuple[str, bytes]]()
    for step in range(_MOST_STEPS):
        last = await find_last(kinds, subject_id, key)
        if last is None or not last.is_open:
            planned = await next_operation(last)
            if planned is None or _name(planned) in refused:
                return step > 0
            refused.add(_name(planned))
            last = await create_operation_after(planned, last)
        if (await run_operation(services, last.id)).is_open:
            break
    raise ProviderUnavailable("The payment service is busy right now, please try again in a moment")


def _name(planned: NewOperation) -> tuple[str, bytes]:
    return planned.kind, msgspec.json.encode(planned.params)


async def sync_customer(services: Services, account_id: AccountId) -> BilledPerson:
    """The account's customer, made if there is none; without an id when Stripe refuses them.

    Raises NotFound for an account that is closed.
    """
    for _ in range(_MOST_CUSTOMERS):
        await _follow_customer(services, account_id)
        person = await get_billed_person(account_id)
        if person.is_closed:
            raise NotFound("There is no such account")
        if person.customer_id is not None or await _is_refused(account_id):
            break  # otherwise another request found meanwhile that Stripe has lost the customer
    return person


async def _follow_customer(services: Services, account_id: AccountId) -> None:
    await _follow(
        services,
        CUSTOMER_KINDS,
        account_id,
        customer_key(account_id),
        lambda last: next_customer_operation(account_id, last),
    )
    await _follow(
        services,
        (OperationKind.CUSTOMER_TAX_ID,),
        account_id,
        tax_id_key(account_id),
        lambda last: next_tax_id_operation(account_id, last),
    )


async def _is_refused(account_id: AccountId) -> bool:
    last = await find_last(CUSTOMER_KINDS, account_id, customer_key(account_id))
    return last is not None and last.state == OperationState.FAILED


async def sync_coupon(services: Services, coupon: CouponRow) -> bool:
    """Whether Stripe has it now: made if it has not; False when Stripe refuses it."""
    await _follow(
        services,
        (OperationKind.COUPON,),
        coupon.id,
        coupon_key(coupon),
        lambda _: next_coupon_operation(coupon.code),
    )
    found = await find_coupon_by_code(coupon.code)
    return found is not None and found.is_at_stripe


async def sync_price(services: Services, agent_id: AgentId, price: Price) -> AgentRow:
    """The agent whose price and product Stripe has; without a price's id when it refuses them.

    Raises PriceChanged when its price is not this one any more.
    """
    agent = await _get_agent_at(agent_id, price)
    for _ in range(_MOST_PRICES):
        if agent.stripe_price_id is None:
            await _make_price(services, agent)
        changed = await sync_product(services, agent_id)
        if not changed and agent.stripe_price_id is not None:
            break
        agent = await _get_agent_at(agent_id, price)
        if agent.stripe_price_id is not None:
            break
    return agent


async def _make_price(services: Services, agent: AgentRow) -> None:
    async def next_operation(last: OperationRow | None) -> NewOperation | None:
        current = await _get_agent_at(agent.id, agent.price)
        if current.stripe_price_id is not None:
            return None
        return price_operation(current, replaces=last.stripe_id if last else None)

    await _follow(
        services, (OperationKind.AGENT_PRICE,), agent.id, price_key(agent), next_operation
    )


async def _get_agent_at(agent_id: AgentId, price: Price) -> AgentRow:
    agent = await find_agent(agent_id)
    if agent is None:
        raise NotFound("There is no such agent")
    if agent.price != price:
        raise price_changed()
    return agent


async def sync_product(services: Services, agent_id: AgentId) -> bool:
    """The product's name follows the agent's; False when it did so already."""

    async def next_operation(last: OperationRow | None) -> NewOperation | None:
        agent = await find_agent(agent_id)
        return await next_product_operation(agent, last) if agent is not None else None

    kinds = (OperationKind.PRODUCT_UPDATE,)
    return await _follow(services, kinds, agent_id, product_key(agent_id), next_operation)


async def was_updated_since(
    account_id: AccountId, agent_id: AgentId, opening: OperationRow
) -> bool:
    """Was a change of the customer or the product sent after that page was opened?"""
    customer = await find_last(CUSTOMER_KINDS, account_id, customer_key(account_id))
    kinds = (OperationKind.PRODUCT_UPDATE,)
    product = await find_last(kinds, agent_id, product_key(agent_id))
    return any(last is not None and last.id > opening.id for last in (customer, product))


async def sync_connect_account(services: Services, user_id: UserId, *, may_open: bool) -> None:
    """Changes are sent; `may_open` where there is none, or none that was not closed.

    Raises ProviderUnavailable.
    """
    await _follow(
        services,
        CONNECT_KINDS,
        user_id,
        account_key(user_id),
        lambda last: next_connect_operation(user_id, last, may_open=may_open),
    )


async def sync_person(services: Services, user_id: UserId) -> None:
    """After a change of name, address or language: what Stripe has of this person follows."""
    for account_id in await list_owned_accounts(user_id):
        if await _has_customer(account_id):
            await sync_customer(services, account_id)
    await sync_connect_account(services, user_id, may_open=False)


async def _has_customer(account_id: AccountId) -> bool:
    """At Stripe, or on its way there."""
    person = await get_billed_person(account_id)
    if person.is_closed or person.customer_id is not None:
        return not person.is_closed
    last = await find_last(CUSTOMER_KINDS, account_id, customer_key(account_id))
    return last is not None and last.is_open
