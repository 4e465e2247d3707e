"""What the product has of a market: purchases, plans, coupons, tokens and books."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """`charges`: paid, share, refunded, with a bank, due from the share; the oldest first."""

    status: str
    is_usable: bool
    charges: list[tuple[int, int, int, int, int]]


@dataclass(frozen=True)
class _Purchase:
    id: UUID
    status: str
    usable: bool
    charges: list[list[int]]


async def list_purchases() -> dict[UUID, Found]:
    sql = """
        SELECT p.id, p.status,
            EXISTS (SELECT 1 FROM access_grant g WHERE g.purchase = p.id AND g.revoked_at IS NULL
                AND (g.ends_at IS NULL OR g.ends_at > $1)) AS usable,
            (SELECT coalesce(array_agg(ARRAY[y.gross - y.discount, y.creator_share, y.refunded,
                y.disputed, y.share_due] ORDER BY y.paid_at), '{}')
                FROM purchase_payment y WHERE y.purchase = p.id) AS charges
        FROM purchase p
    """
    rows = await db.fetch_all(_Purchase, sql, business_now())
    return {
        row.id: Found(row.status, row.usable, [_five(each) for each in row.charges]) for row in rows
    }


def _five(row: list[int]) -> tuple[int, int, int, int, int]:
    paid, share, refunded, taken, due = row
    return paid, share, refunded, taken, due


_PLANS = {"tier": ("tier", "TIER"), "api": ("api_plan", "API_PLAN")}
"""By kind: the account's column, and the kind as it is stored."""

_PAYMENTS = """
    FROM invoice_payment p JOIN invoice i ON i.id = p.invoice
    JOIN subscription s ON s.stripe_subscription_id = i.stripe_subscription_id
    WHERE p.account = $1 AND s.kind = $2
"""


async def list_plans(account_id: AccountId, kind: str) -> tuple[str, list[int]]:
    """What the account has of this kind, and what each of its charges took, the oldest first."""
    column, stored = _PLANS[kind]
    sql = f"SELECT {column} FROM account WHERE id = $1"  # noqa: S608 - own text
    name = await db.fetch_value(sql, account_id)
    amounts = "array_agg(p.gross - p.discount ORDER BY p.paid_at)"
    sql = f"SELECT coalesce({amounts}, '{{}}') {_PAYMENTS}"
    return str(name), list(await db.fetch_value(sql, account_id, stored))


async def list_plan_charges(account_id: AccountId, kind: str) -> list[str]:
    """Their ids at Stripe, the oldest first."""
    sql = f"SELECT coalesce(array_agg(p.stripe_charge_id ORDER BY p.paid_at), '{{}}') {_PAYMENTS}"
    return list(await db.fetch_value(sql, account_id, _PLANS[kind][1]))


async def read_uses() -> list[int]:
    sql = "SELECT coalesce(array_agg(uses ORDER BY created_at), '{}') FROM coupon"
    return list(await db.fetch_value(sql))


@dataclass(frozen=True)
class _Kind:
    kind: str
    amount: int


@dataclass(frozen=True)
class Books:
    """`paid`: kept of what buyers paid; `shares`: the creator's, wherever they are; cents.

    `commissions`: the affiliate's. `at_stripe` is what our balance there must be, `transferred` the
    creator's.
    """

    paid: int
    shares: int
    at_stripe: int
    transferred: int
    commissions: int

    def less(self, before: "Books") -> "Books":
        return Books(
            self.paid - before.paid,
            self.shares - before.shares,
            self.at_stripe - before.at_stripe,
            self.transferred - before.transferred,
            self.commissions - before.commissions,
        )


_AFFILIATES = ("AFFILIATE_PAYABLE", "AFFILIATE_TRANSFERS")
_CREATORS = ("CREATOR_PAYABLE", "CREATOR_RECEIVABLE", "CREATOR_TRANSFERS")


async def read_books() -> Books:
    sql = """
        SELECT a.kind, sum(e.amount)::bigint AS amount
        FROM ledger_entry e JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE a.asset = 'EUR' GROUP BY a.kind
    """
    of = {row.kind: row.amount for row in await db.fetch_all(_Kind, sql)}
    paid, sent = -of.get("BUYER_PAYMENTS", 0), of.get("CREATOR_TRANSFERS", 0)
    shares = sum(of.get(kind, 0) for kind in _CREATORS)
    commissions = sum(of.get(kind, 0) for kind in _AFFILIATES)
    return Books(paid, shares, paid - sent - of.get("STRIPE_FEES", 0), sent, commissions)


async def list_left(account_id: AccountId) -> tuple[list[int], int]:
    """What grants have left, and what is owed; those that expired have nothing."""
    sql = """
        SELECT coalesce(array_agg(remaining) FILTER (WHERE remaining > 0
            AND (expires_at IS NULL OR expires_at > $2)), '{}') FROM token_grant WHERE account = $1
    """
    left = list(await db.fetch_value(sql, account_id, business_now()))
    owed = "SELECT coalesce(sum(debt), 0)::bigint FROM token_grant WHERE account = $1"
    return left, int(await db.fetch_value(owed, account_id))


async def require_everything(services: Services) -> None:
    findings = await check_everything(services, EVER)
    broken = [finding for finding in findings if not finding.ok]
    assert not broken, broken
