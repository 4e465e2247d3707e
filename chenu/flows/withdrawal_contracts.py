"""Contracts that may be withdrawn from, whatever they are about; each kind says how.

A kind of contract joins by a source of its own in withdrawals/sources.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.core.money import Cents
from chenu.flows.withdrawal_terms import may_withdraw, withdrawal_ends_at
from chenu.ledger.operations import OperationRow


class ContractKind(StrEnum):
    PLAN = "PLAN"
    PACK = "PACK"
    AGENT = "AGENT"


class Contract(msgspec.Struct, frozen=True):
    """`item` is what it is about, `number` what the customer may know it by.

    `is_settled`: nothing of it is live and nothing of it could be returned. `used_at`: the first
    use, where that ends the right. `page` is where a plan can be cancelled.
    """

    kind: ContractKind
    id: UUID
    account_id: AccountId
    item: str
    number: str
    concluded_at: datetime
    first_paid_at: datetime | None
    is_settled: bool = False
    used_at: datetime | None = None
    page: str = ""

    @property
    def last_moment(self) -> datetime | None:
        """Until when, to the second; None before the first payment."""
        if self.first_paid_at is None:
            return None
        return withdrawal_ends_at(self.first_paid_at) - timedelta(seconds=1)

    def is_open(self, at: datetime) -> bool:
        is_unused = self.used_at is None or at < self.used_at
        return not self.is_settled and is_unused and may_withdraw(self.first_paid_at, at)


class Estimate(msgspec.Struct, frozen=True):
    """What would come back. `by_credit`: what the customer's credit at Stripe paid beside it, which
    support gives again as credit (docs/decisions/0055).
    """

    returned: Cents
    by_credit: Cents = Cents(0)


class Withdrawal(msgspec.Struct, frozen=True):
    """What a withdrawal set going: operations to be run, and what comes back by them, in cents."""

    returned: Cents
    operations: tuple[OperationRow, ...]


class ContractSource(ABC):
    """One kind of contract."""

    kind: ClassVar[ContractKind]

    @abstractmethod
    async def list_contracts(self, account_id: AccountId) -> Sequence[Contract]:
        """Those of an account that are live or were paid lately, the newest first."""

    @abstractmethod
    async def find_by_number(self, number: str) -> Sequence[Contract]:
        """Those that somebody may mean by what they wrote: one, if it is clear."""

    @abstractmethod
    async def find(self, contract_id: UUID) -> Contract | None: ...

    @abstractmethod
    async def estimate(self, contract: Contract, at: datetime) -> Estimate: ...

    @abstractmethod
    async def withdraw(self, contract: Contract, at: datetime) -> Withdrawal:
        """In the caller's transaction: it ends at once, and what is due goes back.

        `at` is when the customer declared it, whenever it is carried out.
        """
