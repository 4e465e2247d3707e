"""Facts for tests of metrics: history of plans, invoices, sales and who signed up, each dated."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.analytics.movements import record_movement
from chenu.billing.recurring_tables import RecurringState
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.rows import insert
from tests.people import make_person
from tests.rows import put


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass
class Customer:
    """Somebody who signed up at a moment; their plans are changed by `change`."""

    account_id: AccountId
    user_id: UUID
    plans: dict[str, UUID] = field(default_factory=dict)

    async def change(
        self,
        moment: datetime,
        mrr: int,
        item: str = "PRO",
        *,
        status: str = "ACTIVE",
        kind: str = "TIER",
        gross: int | None = None,
    ) -> None:
        """The plan of this kind is worth so much a month from then on."""
        source = self.plans.setdefault(kind, new_id())
        last = await db.find_one(_Last, _LAST, source)
        values = {
            "account": self.account_id,
            "source": source,
            "kind": kind,
            "item": item,
            "status": status,
            "status_before": last.status if last else None,
            "gives_access": mrr > 0 or status == "TRIALING",
            "billing_interval": "MONTH",
            "price": mrr,
            "share_net": 1,
            "share_total": 1,
            "mrr": mrr,
            "mrr_gross": mrr if gross is None else gross,
            "mrr_before": last.mrr if last else 0,
            "mrr_gross_before": last.mrr_gross if last else 0,
            "changed_at": moment,
        }
        await insert(RecurringState, values)
        await record_movement(self.account_id)


@dataclass(frozen=True)
class _Last:
    status: str
    mrr: int
    mrr_gross: int


_LAST = """
    SELECT status, mrr, mrr_gross FROM recurring_state WHERE source = $1 ORDER BY id DESC LIMIT 1
"""


async def sign_up(name: str, moment: datetime) -> Customer:
    person = await make_person(name)
    account_id = person.actor.account_id
    assert account_id is not None
    await put("account", "created_at", moment, "id = $2", account_id)
    await put("app_user", "created_at", moment, "id = $2", person.user_id)
    return Customer(account_id, person.user_id)


async def put_invoice(
    customer: Customer,
    issued: datetime,
    *,
    failed: datetime | None = None,
    paid: datetime | None = None,
    subscription: str | None = None,
    reason: str = "subscription_cycle",
) -> UUID:
    """Of 9 €, of a subscription that need not be known."""
    invoice_id = new_id()
    sql = """
        INSERT INTO invoice (id, account, stripe_invoice_id, stripe_subscription_id, number, status,
            billing_reason, subtotal, discount, tax, total, amount_paid, lines, period_start,
            period_end, issued_at, paid_at, failed_at, fetch_number, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 900, 0, 0, 900, 900, '[]', $8, $8, $8, $9, $10, 1, $8)
    """
    key = invoice_id.hex[-8:]
    status = "PAID" if paid else "OPEN"
    values = (f"in_{key}", subscription or f"sub_{key}", f"N-{key}", status, reason)
    await db.execute(sql, invoice_id, customer.account_id, *values, issued, paid, failed)
    return invoice_id


async def put_subscription(customer: Customer, name: str, ended: datetime | None) -> None:
    """As far as a payment that failed asks for it: when it ended."""
    sql = """
        INSERT INTO subscription (id, account, kind, item, billing_interval, status, gives_access,
            price, stripe_subscription_id, stripe_item_id, period_start, period_end, ended_at,
            cancel_at_period_end, fetch_number, created_at)
        VALUES ($1, $2, 'AGENT', 'x', 'MONTH', 'CANCELED', false, 900, $3, 'si_1', $4, $4, $5,
            false, 1, $4)
    """
    await db.execute(sql, new_id(), customer.account_id, name, at(1, 1), ended)


async def put_contract(customer: Customer, starts: datetime, ends: datetime) -> None:
    """Invoiced by the month, outside."""
    sql = """
        INSERT INTO enterprise_contract (id, account, reference, amount, billing_interval,
            starts_at, ends_at, status, due_at, entered_by, created_at)
        VALUES ($1, $2, 'C-1', 100000, 'MONTH', $3, $4, 'RUNNING', $4, $5, $3)
    """
    await db.execute(sql, new_id(), customer.account_id, starts, ends, customer.user_id)


async def put_cost(customer: Customer, month: int, channel: str, amount: int) -> None:
    sql = """
        INSERT INTO acquisition_cost (id, month, channel, amount, recorded_by, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6)
    """
    moment = at(month, 1)
    await db.execute(sql, new_id(), moment.date(), channel, amount, customer.user_id, moment)


async def put_view(customer: Customer, moment: datetime) -> None:
    sql = "INSERT INTO roi_view (id, viewer, month, seen_at) VALUES ($1, $2, $3, $4)"
    await db.execute(sql, new_id(), customer.user_id, moment.date().replace(day=1), moment)
