"""An agent and its price as Stripe's product and price: a projection of ours."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from chenu.agents import stripe_prices
from chenu.agents.model import AgentId, AgentStatus, PriceType
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.billing.gateway import AgentPriceRequest, PriceState, ProductUpdate, StripeRefusal
from chenu.billing.ports import CataloguePort
from chenu.core import queue
from chenu.core.errors import InvalidState, NotFound
from chenu.core.fetched import Fetched, fetch
from chenu.flows.operation_handlers import (
    ChangeHandler,
    OperationHandler,
    get_subject,
    read_params,
)
from chenu.ledger.operation_list import has_operation
from chenu.ledger.operations import (
    FOLLOWS,
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_by_stripe_id,
    find_first_settled,
    find_last,
)

_PRODUCT = "agent_"


def price_key(agent: AgentRow) -> str:
    return f"price:{agent.id}:v{agent.price_version}"


def _version_of(operation: OperationRow) -> int:
    """Which version of the agent's price the operation makes."""
    return int(operation.business_key.partition(FOLLOWS)[0].rpartition(":v")[2])


def price_operation(agent: AgentRow, *, replaces: str | None = None) -> NewOperation:
    """The operation that makes this version of the agent's price; amounts never change there."""
    return NewOperation(
        OperationKind.AGENT_PRICE,
        price_key(agent),
        make_price_request(agent, replaces=replaces),
        subject_id=agent.id,
        amount=agent.price_amount,
    )


def make_price_request(agent: AgentRow, *, replaces: str | None) -> AgentPriceRequest:
    return AgentPriceRequest(
        product_id=_product_id(agent.id),
        name=agent.name,
        amount=agent.price_amount,
        lookup_key=f"agent_{agent.id.hex}_v{agent.price_version}",
        agent_id=str(agent.id),
        replaces=replaces,
        is_monthly=agent.price_type is PriceType.SUBSCRIPTION,
    )


def _product_id(agent_id: AgentId) -> str:
    return f"{_PRODUCT}{agent_id.hex}"


def find_agent_of_product(product_id: str) -> AgentId | None:
    """None for a product that is not an agent."""
    if not product_id.startswith(_PRODUCT):
        return None
    try:
        return AgentId(UUID(hex=product_id.removeprefix(_PRODUCT)))
    except ValueError:
        return None


@dataclass(frozen=True)
class AgentPriceHandler(OperationHandler[AgentPriceRequest, str]):
    """Looks before it makes, each time: product and price are known by our id and lookup key."""

    catalogue: CataloguePort

    kind = OperationKind.AGENT_PRICE
    params_type = AgentPriceRequest

    async def call(self, operation: OperationRow, params: AgentPriceRequest) -> str:
        return await self.catalogue.put_agent_price(params, operation)

    async def apply(self, operation: OperationRow, params: AgentPriceRequest, answer: str) -> str:
        """Adopt it, unless the agent's price has moved on, or the agent was deleted, since."""
        agent_id = AgentId(get_subject(operation))
        await stripe_prices.adopt_price(agent_id, answer, _version_of(operation))
        if await find_agent(agent_id) is None:
            await archive_product(agent_id, params.name)
        return answer

    async def renew(self, operation: OperationRow, params: AgentPriceRequest) -> AgentPriceRequest:
        agent = await _get_agent(operation)
        if operation.business_key.partition(FOLLOWS)[0] != price_key(agent):
            raise InvalidState("The agent has another price now, which is made when it is sold")
        return make_price_request(agent, replaces=params.replaces)


async def fetch_price(catalogue: CataloguePort, price_id: str) -> Fetched[PriceState]:
    """One that Stripe does not have cannot be sold either. Raises OutcomeUnknown."""

    async def find() -> PriceState:
        found = await catalogue.find_price(price_id)
        return found or PriceState(price_id, "", is_sellable=False)

    return await fetch(find)


async def store_price_state(agent_id: AgentId, fetched: Fetched[PriceState]) -> None:
    """One that cannot be sold is forgotten: the next checkout makes a new one."""
    price = fetched.value
    made = await find_by_stripe_id(OperationKind.AGENT_PRICE, price.id)
    is_ours = made is not None and made.subject_id == agent_id
    await stripe_prices.store_price_state(
        agent_id,
        price.id,
        fetched.number,
        is_sellable=price.is_sellable,
        version=_version_of(made) if made is not None and is_ours else None,
    )


async def refresh_price(catalogue: CataloguePort, agent_id: AgentId) -> None:
    """Ask about the agent's price, if it has one. Raises OutcomeUnknown."""
    agent = await find_agent(agent_id)
    if agent is not None and agent.stripe_price_id is not None:
        await store_price_state(agent_id, await fetch_price(catalogue, agent.stripe_price_id))


def product_key(agent_id: AgentId) -> str:
    return f"product:{agent_id}"


class _Sent(msgspec.Struct, frozen=True):
    """Of the operation that makes the product, or of a later update."""

    name: str
    is_active: bool = True


async def next_product_operation(agent: AgentRow, last: OperationRow | None) -> NewOperation | None:
    """What to send of the product after `last`; None when Stripe has what is true now."""
    sent = read_params(last, _Sent) if last else await _find_first_sent(agent.id)
    if sent is None:
        return None  # no product yet: it is made with its price
    was_missing = last is not None and last.state == OperationState.FAILED and _is_gone(last)
    update = _make_product_update(agent, was_active=sent.is_active)
    if (sent.name, sent.is_active) == (update.name, update.is_active) and not was_missing:
        return None
    return _product_operation(agent.id, update)


def _make_product_update(agent: AgentRow, *, was_active: bool) -> ProductUpdate:
    """What somebody archived at the dashboard stays so; what we did comes back."""
    is_active = agent.status not in (AgentStatus.ARCHIVED, AgentStatus.SUSPENDED)
    is_back = is_active and not was_active
    return ProductUpdate(_product_id(agent.id), agent.name, is_active=is_active, is_back=is_back)


def _product_operation(agent_id: AgentId, update: ProductUpdate) -> NewOperation:
    key = product_key(agent_id)
    return NewOperation(OperationKind.PRODUCT_UPDATE, key, update, subject_id=agent_id)


async def archive_product(agent_id: AgentId, name: str) -> None:
    """In the caller's transaction, for an agent whose row goes; nothing if it was never priced."""
    if not await has_operation(OperationKind.AGENT_PRICE, agent_id):
        return
    update = ProductUpdate(_product_id(agent_id), name, is_active=False)
    last = await find_last((OperationKind.PRODUCT_UPDATE,), agent_id, product_key(agent_id))
    operation = await create_operation_after(_product_operation(agent_id, update), last)
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))


def _is_gone(operation: OperationRow) -> bool:
    return StripeRefusal(operation.error_code or "", "").is_gone


async def _find_first_sent(agent_id: AgentId) -> _Sent | None:
    """With what the product was made; later prices leave it alone."""
    first = await find_first_settled(OperationKind.AGENT_PRICE, agent_id)
    return None if first is None else read_params(first, _Sent)


@dataclass(frozen=True)
class ProductUpdateHandler(ChangeHandler[ProductUpdate]):
    catalogue: CataloguePort

    kind = OperationKind.PRODUCT_UPDATE
    params_type = ProductUpdate

    async def call(self, operation: OperationRow, params: ProductUpdate) -> None:
        """Refused because the product is gone: its price is asked about, which went with it.

        One that was to be archived need not be there.
        """
        try:
            await self.catalogue.update_product(params, operation)
        except StripeRefusal as refusal:
            if not refusal.is_gone:
                raise
            await refresh_price(self.catalogue, AgentId(get_subject(operation)))
            if params.is_active:
                raise

    async def renew(self, operation: OperationRow, params: ProductUpdate) -> ProductUpdate:
        agent = await find_agent(AgentId(get_subject(operation)))
        if agent is None:
            return params
        return _make_product_update(agent, was_active=params.is_active and not params.is_back)


async def _get_agent(operation: OperationRow) -> AgentRow:
    agent = await find_agent(AgentId(get_subject(operation)))
    if agent is None:
        raise NotFound("There is no such agent")
    return agent
