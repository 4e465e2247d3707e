"""Purchases: rows, state changes, and lists for buyers and creators."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.agents.model import (
    AgentId,
    CreatorId,
    Price,
    PriceType,
    PurchaseId,
    PurchaseStatus,
)
from chenu.agents.ratings import follow_purchase
from chenu.agents.tables import Purchase
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import NotFound
from chenu.core.fetched import Fetched
from chenu.core.money import BasisPoints, Cents
from chenu.core.order_pages import OrderPages
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns


class PurchaseRow(msgspec.Struct, frozen=True):
    """`created_at`, `paid_at`: business time. `checkout_expires_at`, `updated_at`: system time.

    `stripe_subscription_id` is set once a monthly one has begun.
    """

    id: PurchaseId
    account_id: AccountId
    buyer_id: UserId
    agent_id: AgentId
    creator_id: CreatorId
    price_type: PriceType
    price_amount: Cents
    status: PurchaseStatus
    creator_basis_points: BasisPoints
    split_rule: str
    consent_version: str
    consent_locale: str
    consent_at: datetime
    checkout_session_id: str | None
    checkout_url: str | None
    checkout_expires_at: datetime | None
    stripe_subscription_id: str | None
    failure_code: str | None
    created_at: datetime
    updated_at: datetime
    paid_at: datetime | None

    @property
    def price(self) -> Price:
        return Price(self.price_type, self.price_amount)

    @property
    def is_pending(self) -> bool:
        return self.status is PurchaseStatus.PENDING

    @property
    def is_monthly(self) -> bool:
        return self.price_type is PriceType.SUBSCRIPTION


_PURCHASES = Columns(
    PurchaseRow,
    Purchase,
    account_id="account",
    buyer_id="buyer",
    agent_id="agent",
    creator_id="creator",
    price_amount="price",
)
_PURCHASE = f"SELECT {_PURCHASES.select()} FROM purchase"  # noqa: S608 - own columns

_PAGES = OrderPages[PurchaseId]("purchase")
record_checkout = _PAGES.record_page
claim_question = _PAGES.claim_question
list_pending_since = _PAGES.list_pending


async def find_purchase(purchase_id: PurchaseId, *, lock: bool = False) -> PurchaseRow | None:
    suffix = " FOR NO KEY UPDATE" if lock else ""
    return await db.find_one(PurchaseRow, f"{_PURCHASE} WHERE id = $1{suffix}", purchase_id)


async def get_purchase(purchase_id: PurchaseId, *, lock: bool = False) -> PurchaseRow:
    """Raises NotFound. `lock` locks the row until the transaction ends."""
    found = await find_purchase(purchase_id, lock=lock)
    if found is None:
        raise NotFound("There is no such purchase")
    return found


async def find_purchase_of_subscription(stripe_subscription_id: str) -> PurchaseRow | None:
    """The monthly purchase that the subscription at Stripe is of."""
    sql = f"{_PURCHASE} WHERE stripe_subscription_id = $1"
    return await db.find_one(PurchaseRow, sql, stripe_subscription_id)


async def get_own_purchase(account_id: AccountId, purchase_id: PurchaseId) -> PurchaseRow:
    """Raises NotFound, also for another account's purchase."""
    sql = f"{_PURCHASE} WHERE id = $1 AND account = $2"
    found = await db.find_one(PurchaseRow, sql, purchase_id, account_id)
    if found is None:
        raise NotFound("There is no such purchase")
    return found


async def find_pending(account_id: AccountId, agent_id: AgentId) -> PurchaseRow | None:
    sql = f"{_PURCHASE} WHERE account = $1 AND agent = $2 AND status = 'PENDING'"
    return await db.find_one(PurchaseRow, sql, account_id, agent_id)


async def list_pending_of_agent(agent_id: AgentId, *, limit: int = 1000) -> list[PurchaseRow]:
    """Pending purchases of this agent, for when its price or state changes."""
    sql = f"{_PURCHASE} WHERE agent = $1 AND status = 'PENDING' ORDER BY id LIMIT $2"
    return await db.fetch_all(PurchaseRow, sql, agent_id, limit)


async def list_pending_of_account(account_id: AccountId, *, limit: int = 1000) -> list[PurchaseRow]:
    """The account's pending purchases, for when its customer at Stripe is gone."""
    sql = f"{_PURCHASE} WHERE account = $1 AND status = 'PENDING' ORDER BY id LIMIT $2"
    return await db.fetch_all(PurchaseRow, sql, account_id, limit)


async def list_renewed_off_sale(*, after: PurchaseId, limit: int = 200) -> list[PurchaseRow]:
    """Monthly ones that may be renewed although their agent is off sale, in pages by id."""
    sql = f"""
        {_PURCHASE} WHERE price_type = 'SUBSCRIPTION' AND status IN ('ACTIVE', 'PAST_DUE')
            AND id > $1
            AND agent IN (SELECT id FROM agent WHERE status IN ('SUSPENDED', 'ARCHIVED'))
        ORDER BY id LIMIT $2
    """  # noqa: S608 - own columns
    return await db.fetch_all(PurchaseRow, sql, after, limit)


async def list_purchases(account_id: AccountId, page: PageRequest) -> Page[PurchaseRow]:
    """Newest first."""
    return await fetch_page(PurchaseRow, _PURCHASE, "account = $1", account_id, page=page)


async def list_paid_purchases(account_id: AccountId, *, limit: int = 50) -> list[PurchaseRow]:
    """What cost something and was paid, whatever became of it; the newest first."""
    sql = f"""
        {_PURCHASE} WHERE account = $1 AND paid_at IS NOT NULL AND price > 0
        ORDER BY id DESC LIMIT $2
    """
    return await db.fetch_all(PurchaseRow, sql, account_id, limit)


async def list_sales(creator_id: CreatorId, page: PageRequest) -> Page[PurchaseRow]:
    """A creator's settled sales, newest first."""
    return await fetch_page(
        PurchaseRow, _PURCHASE, "creator = $1 AND paid_at IS NOT NULL", creator_id, page=page
    )


async def list_purchases_by_id(purchase_ids: Sequence[PurchaseId]) -> list[PurchaseRow]:
    """In no particular order; callers check whose they are."""
    sql = f"{_PURCHASE} WHERE id = ANY($1)"
    return await db.fetch_all(PurchaseRow, sql, list(purchase_ids))


async def insert_purchase(row: PurchaseRow) -> None:
    """Does not detect duplicates: callers must hold the lock of buyer and agent."""
    await _PURCHASES.insert(row)


async def move_status(
    purchase_id: PurchaseId, status: PurchaseStatus, *, failure_code: str | None = None
) -> None:
    """Requires the row's lock; callers check that the transition is allowed.

    The buyer's review is shown while the agent is bought.
    """
    sql = "UPDATE purchase SET status = $2, failure_code = $3, updated_at = $4 WHERE id = $1"
    await db.execute(sql, purchase_id, status, failure_code, system_now())
    await follow_purchase(purchase_id)


async def record_subscription(purchase_id: PurchaseId, stripe_subscription_id: str) -> None:
    """Set once: a monthly purchase has one subscription."""
    sql = """
        UPDATE purchase SET stripe_subscription_id = $2, updated_at = $3
        WHERE id = $1 AND stripe_subscription_id IS NULL
    """
    await db.execute(sql, purchase_id, stripe_subscription_id, system_now())


async def record_decline(purchase_id: PurchaseId, decline: Fetched[str | None]) -> None:
    """The last attempt to pay was declined, or None after a new one.

    The payment page stays open.
    """
    sql = """
        UPDATE purchase SET failure_code = $2, fetch_number = $4,
            updated_at = CASE WHEN failure_code IS DISTINCT FROM $2 THEN $3 ELSE updated_at END
        WHERE id = $1 AND status = 'PENDING' AND fetch_number < $4
    """
    await db.execute(sql, purchase_id, decline.value, system_now(), decline.number)


async def mark_paid(purchase_id: PurchaseId, status: PurchaseStatus, paid_at: datetime) -> None:
    sql = """
        UPDATE purchase SET status = $2, paid_at = $3, failure_code = NULL, updated_at = $4
        WHERE id = $1
    """
    await db.execute(sql, purchase_id, status, paid_at, system_now())
    await follow_purchase(purchase_id)
