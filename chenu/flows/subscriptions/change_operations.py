"""The operations that give a subscription another price: now, or at the end of its period."""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from chenu.billing.gateway import OutcomeUnknown, StripeRefusal
from chenu.billing.plan_changes import ItemChange, LaterChange, WaitingChange
from chenu.billing.ports import PlanChangePort, SubscriptionPort
from chenu.billing.recurring import BillingInterval, InvoiceState, SubscriptionState
from chenu.core.clock import business_now
from chenu.core.fetched import Fetched, fetch
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.subscriptions.invoices import adopt_invoice
from chenu.flows.subscriptions.mirror import adopt_subscription
from chenu.ledger.operations import OperationKind, OperationRow

_CARRIED_OUT_WITHIN = timedelta(hours=1)
"""Nobody expects to be charged for what they asked for long ago and heard nothing of."""


class ChangeParams(msgspec.Struct, frozen=True):
    """`proration_date` is None in a trial; `resume`: a cancellation is taken back with it."""

    subscription_id: str
    item_id: str
    price_id: str
    proration_date: datetime | None
    waiting: WaitingChange
    resume: bool
    ends_discount: bool = False

    @property
    def change(self) -> ItemChange:
        return ItemChange(
            self.subscription_id,
            self.item_id,
            self.price_id,
            self.proration_date,
            self.ends_discount,
        )


class ScheduleParams(msgspec.Struct, frozen=True):
    subscription_id: str
    price_id: str
    interval: BillingInterval
    new_interval: bool
    waiting: WaitingChange
    resume: bool
    ends_discount: bool = False

    @property
    def change(self) -> LaterChange:
        return LaterChange(
            self.subscription_id,
            self.price_id,
            self.interval,
            self.new_interval,
            self.ends_discount,
        )


class ChangedPlan(msgspec.Struct, frozen=True):
    """`invoice` is that of the change; None where Stripe did not answer, or nothing was billed."""

    subscription: Fetched[SubscriptionState]
    invoice: Fetched[InvoiceState] | None


@dataclass(frozen=True)
class SubscriptionChangeHandler(OperationHandler[ChangeParams, ChangedPlan]):
    """Another price now, once the difference is paid."""

    changes: PlanChangePort
    subscriptions: SubscriptionPort

    kind = OperationKind.SUBSCRIPTION_CHANGE
    params_type = ChangeParams

    async def call(self, operation: OperationRow, params: ChangeParams) -> ChangedPlan:
        """Raises StripeRefusal when it is too late, and nothing was changed in time."""
        if _is_late(operation):
            return await self._find_changed(params)
        await self.changes.drop_waiting(params.waiting, operation)
        changed = await fetch(
            lambda: self.changes.change_item(params.change, operation, resume=params.resume)
        )
        return await self._with_invoice(changed, params)

    async def find_existing(
        self, operation: OperationRow, params: ChangeParams
    ) -> ChangedPlan | None:
        """Without the key that Stripe knows, only its subscription tells what came about."""
        state = await fetch(lambda: self.subscriptions.get_subscription(params.subscription_id))
        if not _has_come_about(state.value, params):
            return None
        return await self._with_invoice(state, params)

    async def _find_changed(self, params: ChangeParams) -> ChangedPlan:
        state = await fetch(lambda: self.subscriptions.get_subscription(params.subscription_id))
        if _has_come_about(state.value, params):
            return await self._with_invoice(state, params)
        raise StripeRefusal("change_too_late", "the change was not made in time")

    async def _with_invoice(
        self, changed: Fetched[SubscriptionState], params: ChangeParams
    ) -> ChangedPlan:
        """So that it is listed as soon as the plan has changed; else its events bring it."""
        invoice_id, invoice = changed.value.latest_invoice_id, None
        if invoice_id is not None and params.proration_date is not None:
            with contextlib.suppress(OutcomeUnknown, StripeRefusal):
                invoice = await fetch(lambda: self.subscriptions.get_invoice(invoice_id))
        return ChangedPlan(changed, invoice)

    async def apply(
        self, operation: OperationRow, params: ChangeParams, answer: ChangedPlan
    ) -> None:
        if answer.invoice is not None:
            await adopt_invoice(answer.invoice)
        await adopt_subscription(answer.subscription)


@dataclass(frozen=True)
class SubscriptionScheduleHandler(OperationHandler[ScheduleParams, Fetched[SubscriptionState]]):
    """Another price from the end of the period on."""

    changes: PlanChangePort
    subscriptions: SubscriptionPort

    kind = OperationKind.SUBSCRIPTION_SCHEDULE
    params_type = ScheduleParams

    async def call(
        self, operation: OperationRow, params: ScheduleParams
    ) -> Fetched[SubscriptionState]:
        await self.changes.drop_waiting(params.waiting, operation)
        if params.resume:
            await self.subscriptions.set_cancel_at_period_end(
                params.subscription_id, operation, cancel=False, reason=None
            )
        await self.changes.schedule_change(params.change, operation)
        return await fetch(lambda: self.subscriptions.get_subscription(params.subscription_id))

    async def apply(
        self, operation: OperationRow, params: ScheduleParams, answer: Fetched[SubscriptionState]
    ) -> None:
        await adopt_subscription(answer)


def _is_late(operation: OperationRow) -> bool:
    return business_now() - operation.created_at > _CARRIED_OUT_WITHIN


def _has_come_about(state: SubscriptionState, params: ChangeParams) -> bool:
    """Whether the price is the new one, or waits for its payment."""
    pending = state.pending is not None and state.pending.price_id == params.price_id
    return pending or state.price_id == params.price_id
