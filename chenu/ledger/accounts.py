"""The chart of accounts. docs/money.md draws every posting between them."""

from enum import StrEnum
from uuid import UUID

import msgspec


class LedgerKind(StrEnum):
    """A credit is positive.

    Payments of buyers are the source of money, so their balance is negative.
    """

    AFFILIATE_PAYABLE = "AFFILIATE_PAYABLE"
    AFFILIATE_TRANSFERS = "AFFILIATE_TRANSFERS"
    BUYER_PAYMENTS = "BUYER_PAYMENTS"
    BUYER_REFUNDS_DUE = "BUYER_REFUNDS_DUE"
    CUSTOMER_RECEIVABLE = "CUSTOMER_RECEIVABLE"
    CREATOR_PAYABLE = "CREATOR_PAYABLE"
    CREATOR_RECEIVABLE = "CREATOR_RECEIVABLE"
    CREATOR_TRANSFERS = "CREATOR_TRANSFERS"
    DISPUTED_PAYMENTS = "DISPUTED_PAYMENTS"
    PLATFORM_REVENUE = "PLATFORM_REVENUE"
    STRIPE_FEES = "STRIPE_FEES"
    TAX_PAYABLE = "TAX_PAYABLE"
    TOKEN_HOLDS = "TOKEN_HOLDS"  # noqa: S105 - what agents run on, as all that follow
    TOKEN_PROMOTION = "TOKEN_PROMOTION"  # noqa: S105
    TOKEN_RECEIVABLE = "TOKEN_RECEIVABLE"  # noqa: S105
    TOKEN_WALLET = "TOKEN_WALLET"  # noqa: S105
    TOKENS_EXPIRED = "TOKENS_EXPIRED"
    TOKENS_ISSUED = "TOKENS_ISSUED"
    TOKENS_REVOKED = "TOKENS_REVOKED"
    TOKENS_SPENT = "TOKENS_SPENT"


RECEIVABLE = frozenset(
    {
        LedgerKind.CREATOR_RECEIVABLE,
        LedgerKind.CUSTOMER_RECEIVABLE,
        LedgerKind.TOKEN_RECEIVABLE,
    }
)
"""One person's debts to us: debits, so that the stored balance is never above zero."""

EITHER_SIGN = frozenset({LedgerKind.AFFILIATE_PAYABLE})
"""Running accounts of one person: below zero it is owed to us. docs/decisions/0066."""

OWNED = (
    RECEIVABLE
    | EITHER_SIGN
    | {
        LedgerKind.CREATOR_PAYABLE,
        LedgerKind.TOKEN_HOLDS,
        LedgerKind.TOKEN_PROMOTION,
        LedgerKind.TOKEN_WALLET,
    }
)
"""Accounts of one person: the balance is stored and, except for debts and running accounts, never
below zero.
"""


class AccountRef(msgspec.Struct, frozen=True):
    """An account by kind; `owner_id` for owned kinds only. Each asset has its own account."""

    kind: LedgerKind
    owner_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.kind in OWNED) != (self.owner_id is not None):
            raise ValueError(f"{self.kind} {'needs' if self.kind in OWNED else 'has no'} owner")


AFFILIATE_TRANSFERS = AccountRef(LedgerKind.AFFILIATE_TRANSFERS)
BUYER_PAYMENTS = AccountRef(LedgerKind.BUYER_PAYMENTS)
BUYER_REFUNDS_DUE = AccountRef(LedgerKind.BUYER_REFUNDS_DUE)
CREATOR_TRANSFERS = AccountRef(LedgerKind.CREATOR_TRANSFERS)
DISPUTED_PAYMENTS = AccountRef(LedgerKind.DISPUTED_PAYMENTS)
PLATFORM_REVENUE = AccountRef(LedgerKind.PLATFORM_REVENUE)
STRIPE_FEES = AccountRef(LedgerKind.STRIPE_FEES)
TAX_PAYABLE = AccountRef(LedgerKind.TAX_PAYABLE)
TOKENS_EXPIRED = AccountRef(LedgerKind.TOKENS_EXPIRED)
TOKENS_ISSUED = AccountRef(LedgerKind.TOKENS_ISSUED)
TOKENS_REVOKED = AccountRef(LedgerKind.TOKENS_REVOKED)
TOKENS_SPENT = AccountRef(LedgerKind.TOKENS_SPENT)


def affiliate_payable(affiliate_id: UUID) -> AccountRef:
    """What we owe one affiliate of commissions, due or not yet; below zero they owe it to us."""
    return AccountRef(LedgerKind.AFFILIATE_PAYABLE, affiliate_id)


def creator_payable(creator_id: UUID) -> AccountRef:
    """What we owe one creator and have not transferred yet."""
    return AccountRef(LedgerKind.CREATOR_PAYABLE, creator_id)


def creator_receivable(creator_id: UUID) -> AccountRef:
    """What one creator owes us: a share that was transferred already and then reversed."""
    return AccountRef(LedgerKind.CREATOR_RECEIVABLE, creator_id)


def customer_receivable(account_id: UUID) -> AccountRef:
    """What one customer owes us: something consumed whose payment the bank has since taken back."""
    return AccountRef(LedgerKind.CUSTOMER_RECEIVABLE, account_id)
