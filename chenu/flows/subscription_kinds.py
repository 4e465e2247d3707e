"""What a kind of subscription says: what is subscribed to, and what its states mean.

The mirror is one for all kinds (subscriptions/mirror.py); docs/decisions/0024 and 0040.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.recurring import InvoiceState, SubscriptionKind, SubscriptionState
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.fetched import Fetched


class StateChange(msgspec.Struct, frozen=True):
    """Stripe's newest answer, and the row before and after it; `before` None: it is the first."""

    account_id: AccountId
    before: SubscriptionRow | None
    after: SubscriptionRow
    fetched: Fetched[SubscriptionState]


class SubscriptionRules(ABC):
    """Of one kind. What is written here is in the mirror's transaction, under its lock."""

    kind: ClassVar[SubscriptionKind]

    @abstractmethod
    def find_item(self, product_id: str) -> str | None:
        """What Stripe's product is; None for what is not of this kind."""

    @abstractmethod
    async def adopt(self, change: StateChange) -> Sequence[SubscriptionRow]:
        """Everything that follows from it; the subscriptions that have to end at once."""

    @abstractmethod
    async def mail_failed_payment(self, row: SubscriptionRow, invoice: InvoiceState) -> None:
        """A try to charge a renewal has failed."""
