"""An agent and its price as Stripe's product and price: a projection of ours."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from chenu.agents import stripe_prices
from chenu.agents.model import AgentId, PriceType
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.billing.gateway import AgentPriceRequest, PriceState, ProductUpdate, StripeRefusal
from chenu.billing.ports import CataloguePort
from chenu.core.errors import InvalidState, NotFound
from chenu.core.fetched import Fetched, fetch
from chenu.flows.operation_handlers import (
    ChangeHandler,
    OperationHandler,
    get_subject,
    read_params,
)
from chenu.ledger.operations import (
    FOLLOWS,
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    find_by_stripe_id,
    find_first_settled,
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
        """Adopt it, unless the agent's price has moved on since."""
        version = _version_of(operation)
        await stripe_prices.adopt_price(AgentId(get_subject(operation)), answer, version)
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
    name: str


async def next_product_operation(agent: AgentRow, last: OperationRow | None) -> NewOperation | None:
    """What to send of the product after `last`; None when Stripe has its name of now."""
    sent = read_params(last, _Sent).name if last else await _find_first_name(agent.id)
    if sent is None:
        return None  # no product yet: it is made with its price
    was_missing = last is not None and last.state == OperationState.FAILED and _is_gone(last)
    if sent == agent.name and not was_missing:
        return None
    params = ProductUpdate(_product_id(agent.id), agent.name)
    key = product_key(agent.id)
    return NewOperation(OperationKind.PRODUCT_UPDATE, key, params, subject_id=agent.id)


def _is_gone(operation: OperationRow) -> bool:
    return StripeRefusal(operation.error_code or "", "").is_gone


async def _find_first_name(agent_id: AgentId) -> str | None:
    """The name with which the product was made; later prices leave it alone."""
    first = await find_first_settled(OperationKind.AGENT_PRICE, agent_id)
    return None if first is None else read_params(first, _Sent).name


@dataclass(frozen=True)
class ProductUpdateHandler(ChangeHandler[ProductUpdate]):
    catalogue: CataloguePort

    kind = OperationKind.PRODUCT_UPDATE
    params_type = ProductUpdate

    async def call(self, operation: OperationRow, params: ProductUpdate) -> None:
        """Refused because the product is gone: its price is asked about, which went with it."""
        try:
            await self.catalogue.update_product(params, operation)
        except StripeRefusal as refusal:
            if refusal.is_gone:
                await refresh_price(self.catalogue, AgentId(get_subject(operation)))
            raise

    async def renew(self, operation: OperationRow, params: ProductUpdate) -> ProductUpdate:
        return ProductUpdate(params.product_id, (await _get_agent(operation)).name)


async def _get_agent(operation: OperationRow) -> AgentRow:
    agent = await find_agent(AgentId(get_subject(operation)))
    if agent is None:
        raise NotFound("There is no such agent")
    return agent
