"""The history of subscriptions and contracts: a row for each change of what MRR depends on."""

from datetime import datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.coupon_rules import CouponDuration
from chenu.billing.mrr import (
    NO_TAX,
    NOTHING,
    Mrr,
    RecurringFacts,
    RecurringKind,
    TaxShare,
    monthly_revenue,
)
from chenu.billing.recurring import BillingInterval, SubscriptionState
from chenu.billing.recurring_tables import RecurringState
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.core.rows import Columns, insert


class _State(msgspec.Struct, frozen=True):
    kind: RecurringKind
    item: str
    status: str
    gives_access: bool
    billing_interval: BillingInterval
    price: Cents
    share_net: int
    share_total: int
    discount_percent: int | None
    discount_amount: Cents | None
    discount_duration: CouponDuration | None
    discount_ends_at: datetime | None
    mrr: Cents
    mrr_gross: Cents

    @property
    def facts(self) -> RecurringFacts:
        return RecurringFacts(
            self.kind,
            self.item,
            self.status,
            self.gives_access,
            self.billing_interval,
            self.price,
            self.tax,
            self.discount_percent,
            self.discount_amount,
            self.discount_duration,
            self.discount_ends_at,
        )

    @property
    def tax(self) -> TaxShare:
        return TaxShare(self.share_net, self.share_total)


_STATES = Columns(_State, RecurringState)


async def record_state(account_id: AccountId, source: UUID, facts: RecurringFacts) -> None:
    """In the caller's transaction, which stores the subscription or contract `source`.

    Writes nothing where nothing changed that MRR depends on. Changes of one account come one after
    the other from here until the transaction ends, whatever they are of.
    """
    await db.lock_until_commit(f"revenue:{account_id}")
    last = await _find_last(source)
    if last is not None and last.facts == facts:
        return
    at = await _next_moment(account_id)
    await insert(RecurringState, _values_of(account_id, source, facts, last, at))


async def record_subscription(
    account_id: AccountId,
    source: UUID,
    plan: tuple[RecurringKind, str, BillingInterval],
    state: SubscriptionState,
) -> None:
    """As `record_state`: `plan` is what is subscribed to, as the mirror of `state` has it."""
    kind, item, interval = plan
    discount = state.discount
    facts = RecurringFacts(
        kind=kind,
        item=item,
        status=state.status,
        gives_access=state.gives_access,
        billing_interval=interval,
        price=state.price,
        tax=await _find_tax(source, state),
        discount_percent=discount.percent_off if discount else None,
        discount_amount=discount.amount_off if discount else None,
        discount_duration=CouponDuration(discount.duration.upper()) if discount else None,
        discount_ends_at=discount.ends_at if discount else None,
    )
    await record_state(account_id, source, facts)


async def _find_tax(source: UUID, state: SubscriptionState) -> TaxShare:
    """That of the newest invoice, if it has a total.

    The known share stays where it explains the new one, so that cents that were rounded otherwise
    are no change.
    """
    last = await _find_last(source)
    total, tax = state.latest_invoice_total, state.latest_invoice_tax
    if total <= 0 or not 0 <= tax <= total:
        return last.tax if last else NO_TAX
    seen = TaxShare(Cents(total - tax), total)
    if last is not None and last.tax.explains(seen):
        return last.tax
    return seen if tax else NO_TAX


async def _find_last(source: UUID) -> _State | None:
    sql = f"""
        SELECT {_STATES.select()} FROM recurring_state WHERE source = $1 ORDER BY id DESC LIMIT 1
    """  # noqa: S608 - own columns
    return await db.find_one(_State, sql, source)


async def _next_moment(account_id: AccountId) -> datetime:
    """Now; never before an earlier row of the account, which another clock may have dated."""
    sql = "SELECT changed_at FROM recurring_state WHERE account = $1 ORDER BY id DESC LIMIT 1"
    last: datetime | None = await db.fetch_value(sql, account_id)
    now = business_now()
    return now if last is None else max(now, last)


def _values_of(
    account_id: AccountId,
    source: UUID,
    facts: RecurringFacts,
    last: _State | None,
    at: datetime,
) -> dict[str, object]:
    mrr = monthly_revenue(facts, at)
    before = Mrr(last.mrr, last.mrr_gross) if last else NOTHING
    return {
        "account": account_id,
        "source": source,
        "kind": facts.kind,
        "item": facts.item,
        "status": facts.status,
        "status_before": last.status if last else None,
        "gives_access": facts.gives_access,
        "billing_interval": facts.billing_interval,
        "price": facts.price,
        "share_net": facts.tax.net,
        "share_total": facts.tax.total,
        "discount_percent": facts.discount_percent,
        "discount_amount": facts.discount_amount,
        "discount_duration": facts.discount_duration,
        "discount_ends_at": facts.discount_ends_at,
        "mrr": mrr.net,
        "mrr_gross": mrr.gross,
        "mrr_before": before.net,
        "mrr_gross_before": before.gross,
        "changed_at": at,
    }
