"""Calls that change a subscription's plan, now or at its period's end, and preview that."""

from typing import Any

import msgspec

from chenu.billing.gateway import OperationIdentity, StripeRefusal
from chenu.billing.plan_changes import (
    InvoicePreview,
    ItemChange,
    LaterChange,
    PreviewedLine,
    WaitingChange,
)
from chenu.billing.recurring import SubscriptionState
from chenu.billing.stripe_gateway import StripeCaller, metadata_of
from chenu.billing.stripe_objects import require_ours
from chenu.billing.stripe_recurring import read_subscription
from chenu.billing.stripe_waiting import SUBSCRIPTION_EXPAND, read_time
from chenu.core.money import Cents


class StripeChanges(StripeCaller):
    """Implements ports.PlanChangePort, and what ports.SubscriptionPort asks about changes."""

    async def preview_change(self, change: ItemChange) -> InvoicePreview:
        """The invoice that the change makes now; in a trial, or without a date, the next one."""
        details: Any = {"items": [{"id": change.item_id, "price": change.price_id}]}
        if change.proration_date is None:
            details |= {"proration_behavior": "none", "cancel_at_period_end": False}
        else:
            details |= {
                "proration_behavior": "always_invoice",
                "proration_date": int(change.proration_date.timestamp()),
            }
        params: Any = {"subscription": change.subscription_id, "subscription_details": details}
        if change.ends_discount:
            params["discounts"] = ""
        found = await self.ask(lambda: self.client.v1.invoices.create_preview_async(params))
        return _read_preview(found.to_dict())

    async def change_item(
        self, change: ItemChange, by: OperationIdentity, *, resume: bool
    ) -> SubscriptionState:
        """Only when the difference is paid; until then a pending update waits for that.

        `resume`: a cancellation is taken back with it. A change that ends a discount cannot wait:
        one that is not paid at once is refused, and changes nothing.
        """
        params: Any = {
            "items": [{"id": change.item_id, "price": change.price_id}],
            "proration_behavior": "none",
            "expand": list(SUBSCRIPTION_EXPAND),
        }
        if change.proration_date is not None:
            params |= {
                "payment_behavior": "pending_if_incomplete",
                "proration_behavior": "always_invoice",
                "proration_date": int(change.proration_date.timestamp()),
            }
        if change.ends_discount:
            params |= {"discounts": "", "payment_behavior": "error_if_incomplete"}
        if resume:
            params["cancel_at_period_end"] = False
        changed = await self.ask(
            lambda: self.client.v1.subscriptions.update_async(
                change.subscription_id, params, {"idempotency_key": by.idempotency_key}
            )
        )
        return read_subscription(changed.to_dict())

    async def schedule_change(self, change: LaterChange, by: OperationIdentity) -> None:
        """By a schedule of the subscription, which an earlier try may have made already."""
        schedule = await self._put_schedule(change.subscription_id, by)
        current = msgspec.convert(schedule, _Schedule).phases[0]
        discounts = [{"discount": one.discount} for one in current.discounts if one.discount]
        now: dict[str, Any] = {
            "items": [{"price": one.price, "quantity": one.quantity} for one in current.items],
            "start_date": current.start_date,
            "end_date": current.end_date,
            "proration_behavior": "none",
            "discounts": discounts,
        }
        later: dict[str, Any] = {
            "items": [{"price": change.price_id, "quantity": 1}],
            "duration": {"interval": change.interval.lower(), "interval_count": 1},
            "proration_behavior": "none",
            "discounts": "" if change.ends_discount else discounts,
        }
        if current.trial_end is not None:
            now["trial_end"] = current.trial_end
        if change.new_interval:
            later["billing_cycle_anchor"] = "phase_start"
        params: Any = {
            "phases": [now, later],
            "end_behavior": "release",
            "metadata": metadata_of(by),
        }
        await self.ask(
            lambda: self.client.v1.subscription_schedules.update_async(
                schedule["id"], params, {"idempotency_key": f"{by.idempotency_key}:phases"}
            )
        )

    async def _put_schedule(self, subscription_id: str, by: OperationIdentity) -> dict[str, Any]:
        found = await self.ask(
            lambda: self.client.v1.subscriptions.retrieve_async(
                subscription_id, {"expand": ["schedule"]}
            )
        )
        attached: dict[str, Any] | None = found.to_dict()["schedule"]
        if attached is not None:
            return attached
        created = await self.ask(
            lambda: self.client.v1.subscription_schedules.create_async(
                {"from_subscription": subscription_id},
                {"idempotency_key": f"{by.idempotency_key}:schedule"},
            )
        )
        return created.to_dict()

    async def drop_waiting(self, waiting: WaitingChange, by: OperationIdentity) -> None:
        """Release the schedule and void the unpaid invoice, unless that is so already.

        Raises StripeRefusal for an invoice that was paid meanwhile: its change has come about.
        """
        if waiting.schedule_id is not None:
            await self._release(waiting.schedule_id, by)
        if waiting.invoice_id is not None:
            await self._void(waiting.invoice_id, by)

    async def _release(self, schedule_id: str, by: OperationIdentity) -> None:
        schedules = self.client.v1.subscription_schedules
        try:
            await self.ask(
                lambda: schedules.release_async(
                    schedule_id, {}, {"idempotency_key": f"{by.idempotency_key}:release"}
                )
            )
        except StripeRefusal:
            found = await self.ask(lambda: schedules.retrieve_async(schedule_id))
            if found.status in ("active", "not_started"):
                raise

    async def _void(self, invoice_id: str, by: OperationIdentity) -> None:
        invoices = self.client.v1.invoices
        try:
            await self.ask(
                lambda: invoices.void_invoice_async(
                    invoice_id, {}, {"idempotency_key": f"{by.idempotency_key}:void"}
                )
            )
        except StripeRefusal:
            found = await self.ask(lambda: invoices.retrieve_async(invoice_id))
            if found.status != "void":
                raise

    async def find_subscription_of_schedule(self, schedule_id: str) -> str | None:
        """Also of one that was released; None once neither is named."""
        found = await self.ask(
            lambda: self.client.v1.subscription_schedules.retrieve_async(schedule_id)
        )
        names = found.to_dict()
        subscription: str | None = names["subscription"] or names["released_subscription"]
        return subscription


class _PhaseItem(msgspec.Struct):
    price: str
    quantity: int = 1


class _Discount(msgspec.Struct):
    discount: str | None = None


class _Phase(msgspec.Struct):
    start_date: int
    end_date: int
    items: list[_PhaseItem]
    discounts: list[_Discount]
    trial_end: int | None = None


class _Schedule(msgspec.Struct):
    phases: list[_Phase]


class _PriceDetails(msgspec.Struct):
    product: str


class _Pricing(msgspec.Struct):
    price_details: _PriceDetails | None = None


class _ItemDetails(msgspec.Struct):
    proration: bool = False


class _LineParent(msgspec.Struct):
    subscription_item_details: _ItemDetails | None = None
    invoice_item_details: _ItemDetails | None = None


class _Period(msgspec.Struct):
    end: int


class _Line(msgspec.Struct):
    amount: int
    period: _Period
    pricing: _Pricing | None = None
    parent: _LineParent | None = None


class _Lines(msgspec.Struct):
    data: list[_Line]


class _Amount(msgspec.Struct):
    amount: int


class _Preview(msgspec.Struct):
    currency: str
    lines: _Lines
    total: int
    amount_due: int
    total_discount_amounts: list[_Amount] | None = None


def _read_preview(payload: dict[str, Any]) -> InvoicePreview:
    """Raises CurrencyRefused."""
    found = msgspec.convert(payload, _Preview)
    require_ours("preview", found.currency)
    return InvoicePreview(
        lines=tuple(_read_line(line) for line in found.lines.data),
        discount=Cents(sum(each.amount for each in found.total_discount_amounts or ())),
        total=Cents(found.total),
        amount_due=Cents(found.amount_due),
    )


def _read_line(line: _Line) -> PreviewedLine:
    details = line.pricing.price_details if line.pricing else None
    parent = line.parent or _LineParent()
    item = parent.subscription_item_details or parent.invoice_item_details
    return PreviewedLine(
        amount=Cents(line.amount),
        product_id=details.product if details else None,
        is_proration=item is not None and item.proration,
        period_end=read_time(line.period.end),
    )
