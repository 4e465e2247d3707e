"""What each kind of operation knows: how to ask Stripe, and what the answer changes here."""

from typing import Any, TypeVar

import msgspec

from chenu.billing.gateway import StripeRefusal
from chenu.flows.services import Services
from chenu.ledger.operations import OperationRow

Params = TypeVar("Params")


class NotYet(Exception):
    """Stripe answered, and the answer is to ask again later; `reason` is kept on the operation.

    `refused`: Stripe said no for now, so the next try needs a key of its own.
    """

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused


class OperationHandler:
    """`call` runs outside any transaction; `apply` and `on_refused` inside one, the row locked."""

    async def call(self, services: Services, operation: OperationRow) -> Any:
        raise NotImplementedError

    async def find_existing(self, services: Services, operation: OperationRow) -> Any | None:
        """What an earlier try made at Stripe, once its idempotency key is forgotten there."""
        return None

    async def apply(self, operation: OperationRow, answer: Any) -> str | None:
        """Write what is true now; the Stripe object's id, where there is one."""
        raise NotImplementedError

    async def on_refused(self, operation: OperationRow, refusal: StripeRefusal) -> None:
        """Stripe said no for good: leave nothing half done."""

    async def after_commit(self, services: Services, operation: OperationRow) -> None:
        """After the commit: what may be lost, such as live events."""


def read_params(operation: OperationRow, params: type[Params]) -> Params:
    """The request as it was first made, so that every retry is the same to the letter."""
    return msgspec.json.decode(operation.params, type=params)


def get_subject(operation: OperationRow) -> Any:
    """The id of the row that the operation is about; every kind but CUSTOMER's has one."""
    if operation.subject_id is None:
        raise RuntimeError(f"operation {operation.id} has no subject")
    return operation.subject_id
