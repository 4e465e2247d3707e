"""Requests to buy token packs: their rows, their payment pages, and what became of them."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.core.order_pages import OrderPages
from chenu.core.rows import Columns
from chenu.tokens.pack_tables import PackOrder

PackOrderId = NewType("PackOrderId", UUID)


class PackOrderStatus(StrEnum):
    """What was returned of a PAID one stands in its refunds."""

    PENDING = "PENDING"
    PAID = "PAID"
    CANCELED = "CANCELED"
    FAILED = "FAILED"


class PackOrderRow(msgspec.Struct, frozen=True):
    """`created_at`, `paid_at`: business time. `checkout_expires_at`: system time."""

    id: PackOrderId
    account_id: AccountId
    buyer_id: UserId
    pack: str
    base_tokens: int
    bonus_tokens: int
    price: Cents
    locale: str
    terms_version: str
    status: PackOrderStatus
    checkout_session_id: str | None
    checkout_url: str | None
    checkout_expires_at: datetime | None
    failure_code: str | None
    payment_id: UUID | None
    paid_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_pending(self) -> bool:
        return self.status is PackOrderStatus.PENDING

    @property
    def is_paid(self) -> bool:
        return self.status is PackOrderStatus.PAID

    @property
    def tokens(self) -> int:
        return self.base_tokens + self.bonus_tokens


_ORDERS = Columns(
    PackOrderRow, PackOrder, account_id="account", buyer_id="buyer", payment_id="payment"
)
_ORDER = f"SELECT {_ORDERS.select()} FROM pack_order"  # noqa: S608 - own columns
_MOST_SHOWN = 50

_PAGES = OrderPages[PackOrderId]("pack_order")
record_pack_page = _PAGES.record_page
claim_pack_question = _PAGES.claim_question
list_pending_pack_orders = _PAGES.list_pending


async def find_pack_order(order_id: UUID, *, lock: bool = False) -> PackOrderRow | None:
    """`lock` holds the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    return await db.find_one(PackOrderRow, f"{_ORDER} WHERE id = $1{suffix}", order_id)


async def get_pack_order(order_id: PackOrderId, *, lock: bool = False) -> PackOrderRow:
    """Raises NotFound."""
    found = await find_pack_order(order_id, lock=lock)
    if found is None:
        raise NotFound("There is no such order")
    return found


async def get_own_pack_order(account_id: AccountId, order_id: PackOrderId) -> PackOrderRow:
    """Raises NotFound, also for another account's order."""
    found = await get_pack_order(order_id)
    if found.account_id != account_id:
        raise NotFound("There is no such order")
    return found


async def find_pending_pack_order(account_id: AccountId) -> PackOrderRow | None:
    """At most one: an account has one open page for packs."""
    sql = f"{_ORDER} WHERE account = $1 AND status = 'PENDING'"
    return await db.find_one(PackOrderRow, sql, account_id)


async def find_order_of_payment(payment_id: UUID) -> PackOrderRow | None:
    """The pack that a charge paid; None for a charge of something else."""
    return await db.find_one(PackOrderRow, f"{_ORDER} WHERE payment = $1", payment_id)


async def list_paid_pack_orders(account_id: AccountId) -> list[PackOrderRow]:
    """The newest first, at most 50."""
    sql = f"""
        {_ORDER} WHERE account = $1 AND status = 'PAID' ORDER BY id DESC LIMIT {_MOST_SHOWN}
    """
    return await db.fetch_all(PackOrderRow, sql, account_id)


async def lock_pack_orders(account_id: AccountId) -> None:
    """Until the transaction ends: an account's requests are made one by one."""
    await db.lock_until_commit(f"pack_orders:{account_id}")


async def insert_pack_order(row: PackOrderRow) -> None:
    """The caller holds the account's lock."""
    await _ORDERS.insert(row)


async def end_pack_order(
    order_id: PackOrderId, status: PackOrderStatus, *, failure_code: str
) -> None:
    """Unpaid; changes nothing unless the order is pending."""
    sql = """
        UPDATE pack_order SET status = $2, failure_code = $3, updated_at = $4
        WHERE id = $1 AND status = 'PENDING'
    """
    await db.execute(sql, order_id, status, failure_code, system_now())


async def mark_pack_paid(order_id: PackOrderId, payment_id: UUID, paid_at: datetime) -> bool:
    """Once, whatever was believed of its page; False if it was paid before."""
    sql = """
        UPDATE pack_order SET status = 'PAID', payment = $2, paid_at = $3, failure_code = NULL,
            updated_at = $4
        WHERE id = $1 AND status <> 'PAID'
    """
    return bool(await db.execute(sql, order_id, payment_id, paid_at, system_now()))
