"""Stripe's payment pages, whatever is bought on them: opened, asked about, and closed.

A page belongs to a row of ours, its order. Each kind of order says in its own package how its row
is read and dropped; how a page opens, closes and is asked about stands here. docs/money.md.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import AccountId
from chenu.billing.gateway import CheckoutRequest, CheckoutSession
from chenu.billing.ports import CheckoutPort
from chenu.core import db
from chenu.core.errors import InvalidState, ProviderUnavailable
from chenu.core.money import Cents
from chenu.flows.checkout_pages import SessionParams, next_expiry, not_opened
from chenu.flows.operation_handlers import ChangeHandler, OperationHandler, get_subject
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation,
    create_operation_after,
    find_by_key,
    find_last,
)

_MOST_PAGES = 3
"""How often a page is asked for in one request, when what it needs turns out to be gone."""

_ASKED_EVERY = timedelta(seconds=3)


class PageOrder(Protocol):
    """The row of ours that a page belongs to."""

    @property
    def id(self) -> UUID: ...
    @property
    def account_id(self) -> AccountId: ...
    @property
    def checkout_session_id(self) -> str | None: ...
    @property
    def checkout_url(self) -> str | None: ...
    @property
    def is_pending(self) -> bool: ...


Order = TypeVar("Order", bound=PageOrder)


class PageStep(msgspec.Struct, frozen=True):
    """One of the operations of a page: its kind, and what its business key begins with."""

    kind: OperationKind
    prefix: str

    def key(self, order_id: UUID) -> str:
        return f"{self.prefix}:{order_id}"


class PageAnswer(msgspec.Struct, Generic[Order], frozen=True):
    """`is_confirming`: Stripe did not answer, so nobody should pay again."""

    order: Order
    is_confirming: bool


class PaymentPages(ABC, Generic[Order]):
    """The pages of one kind of order.

    `outcome` asks what became of a page, and settles it; `expiry` only closes it.
    """

    opening: ClassVar[PageStep]
    outcome: ClassVar[PageStep]
    expiry: ClassVar[PageStep]

    @abstractmethod
    async def get_order(self, order_id: UUID, *, lock: bool = False) -> Order:
        """Raises NotFound. `lock` locks the row until the transaction ends."""

    @abstractmethod
    async def record_page(
        self, order: Order, session_id: str, url: str | None, expires_at: datetime
    ) -> None:
        """Set once: an order has one page."""

    @abstractmethod
    async def drop(self, order: Order) -> None:
        """No page was opened, so nothing can be paid. The caller holds the row's lock."""

    @abstractmethod
    async def list_unchanged(self, before: datetime, *, after: UUID) -> Sequence[UUID]:
        """Pending and unchanged since then (system time), in pages ordered by id."""

    @abstractmethod
    async def claim_question(self, order_id: UUID, every: timedelta) -> bool:
        """Whether Stripe may be asked about it: once in that time, for all who want to know."""

    async def find_opening(self, order_id: UUID) -> OperationRow | None:
        """The last operation that opens the order's page."""
        return await find_last((self.opening.kind,), order_id, self.opening.key(order_id))

    async def find_outcome(self, order_id: UUID) -> OperationRow | None:
        return await find_by_key(self.outcome.key(order_id))

    def outcome_of(self, order: Order) -> PageStep:
        """Where orders of a kind differ in what is asked; always with the key of `outcome`."""
        return self.outcome

    def open_with(self, order: Order, params: CheckoutRequest, amount: Cents) -> NewOperation:
        """The operation that opens the page; all of it is frozen, so that a retry is the same."""
        return self._operation(self.opening, order, params, amount)

    async def adopt(self, order: Order, session: CheckoutSession, amount: Cents) -> None:
        """Remember the page and wait for its outcome, in the caller's transaction."""
        await self.record_page(order, session.id, session.url, session.expires_at)
        params = SessionParams(session.id)
        await create_operation(self._operation(self.outcome_of(order), order, params, amount))

    async def open(
        self,
        services: Services,
        order: Order,
        ask_anew: Callable[[OperationRow | None], Awaitable[OperationRow]],
    ) -> Order:
        """The order with its page. Raises PaymentFailed, ProviderUnavailable.

        `ask_anew` creates the operation that opens it, after the refused one if there is one.
        """
        if order.checkout_url is not None:
            return order
        for _ in range(_MOST_PAGES):
            opening = await self.find_opening(order.id)
            if opening is None or opening.state == OperationState.FAILED:
                opening = await ask_anew(opening)
            opened = await run_operation(services, opening.id)
            order = await self.get_order(order.id)
            if opened.state != OperationState.FAILED:
                return order
            if not order.is_pending:
                break
        raise not_opened()

    async def close(self, services: Services, order: Order) -> Order:
        """Close the page at Stripe, then adopt what is true: canceled, or paid a moment before.

        Raises ProviderUnavailable when Stripe does not answer; nothing is decided then.
        """
        opening = await self.find_opening(order.id)
        if opening is not None:  # a page whose answer was lost is found first
            opening = await run_operation(services, opening.id)
        if opening is None or opening.state == OperationState.FAILED:
            return await self._drop(order.id)
        current = await self.get_order(order.id)
        if current.is_pending and current.checkout_session_id is not None:
            expiry = await self.create_expiry(current, current.checkout_session_id)
            await run_operation(services, expiry.id)
            await self._settle(services, order.id)
        return await self.get_order(order.id)

    async def create_expiry(self, order: Order, session_id: str) -> OperationRow:
        """The operation that closes the page; one that was refused is followed by another."""
        last = await find_last((self.expiry.kind,), order.id, self.expiry.key(order.id))
        if last is not None and last.state != OperationState.FAILED:
            return last
        new = self._operation(self.expiry, order, SessionParams(session_id), Cents(0))
        return await create_operation_after(new, last)

    async def ask(self, services: Services, order: Order) -> PageAnswer[Order]:
        """Repair on read: Stripe is asked every few seconds at most; others get what we know."""
        if not order.is_pending:
            return PageAnswer(order, is_confirming=False)
        if not await self._may_ask(services, order.id):
            return PageAnswer(order, await self._is_unknown(order.id))
        try:
            opening = await self.find_opening(order.id)
            if opening is not None:
                await run_operation(services, opening.id)
            await self._settle(services, order.id)
        except ProviderUnavailable:
            return PageAnswer(await self.get_order(order.id), is_confirming=True)
        return PageAnswer(await self.get_order(order.id), is_confirming=False)

    async def _settle(self, services: Services, order_id: UUID) -> None:
        outcome = await self.find_outcome(order_id)
        if outcome is not None:
            await run_operation(services, outcome.id)

    async def _may_ask(self, services: Services, order_id: UUID) -> bool:
        if not services.settings.cache_seconds:  # tests look at what they just changed
            return True
        return await self.claim_question(order_id, _ASKED_EVERY)

    async def _is_unknown(self, order_id: UUID) -> bool:
        rows = (await self.find_opening(order_id), await self.find_outcome(order_id))
        return any(row is not None and row.is_unknown for row in rows)

    async def _drop(self, order_id: UUID) -> Order:
        """An order for which no page was ever asked for, or none opened."""

        async def cancel() -> None:
            order = await self.get_order(order_id, lock=True)
            opening = await self.find_opening(order_id)
            has_page = opening is not None and opening.state != OperationState.FAILED
            if order.is_pending and not has_page:
                await self.drop(order)

        await db.run_in_transaction(cancel)
        return await self.get_order(order_id)

    def _operation(self, step: PageStep, order: Order, params: Any, amount: Cents) -> NewOperation:
        return NewOperation(
            step.kind,
            step.key(order.id),
            params,
            subject_id=order.id,
            account_id=order.account_id,
            amount=amount,
        )


@dataclass(frozen=True)
class OpeningHandler(OperationHandler[CheckoutRequest, CheckoutSession]):
    """Opens a page; a kind of order says what a refusal means."""

    checkouts: CheckoutPort

    pages: ClassVar[PaymentPages[Any]]
    params_type = CheckoutRequest

    async def find_existing(
        self, operation: OperationRow, params: CheckoutRequest
    ) -> CheckoutSession | None:
        return await self.checkouts.find_checkout(params.customer_id, operation)

    async def apply(
        self, operation: OperationRow, params: CheckoutRequest, answer: CheckoutSession
    ) -> str:
        order = await self.pages.get_order(get_subject(operation), lock=True)
        await self.pages.adopt(order, answer, operation.amount)
        return answer.id

    async def renew(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutRequest:
        if not (await self.pages.get_order(get_subject(operation))).is_pending:
            raise InvalidState("This request has ended: the buyer can make another one")
        return replace(params, expires_at=next_expiry())


@dataclass(frozen=True)
class ExpiryHandler(ChangeHandler[SessionParams]):
    """Only closes the page; what that means for the order is its outcome's to say."""

    checkouts: CheckoutPort

    params_type = SessionParams

    async def call(self, operation: OperationRow, params: SessionParams) -> None:
        await self.checkouts.expire_checkout(params.session_id, operation)
