"""What each kind of operation knows: how to ask Stripe, and what the answer changes here.

docs/decisions/0020.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from chenu.billing.gateway import StripeRefusal
from chenu.ledger.operations import OperationKind, OperationRow

Params = TypeVar("Params")
Answer = TypeVar("Answer")


class NotYet(Exception):
    """Stripe answered, and the answer is to ask again later; `reason` is kept on the operation.

    `refused`: Stripe said no for now, so the next try needs a key of its own. `params` are those of
    the next try, which always go with another key; it is made at once unless Stripe said no.
    """

    def __init__(self, reason: str, *, refused: bool = False, params: object = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused
        self.params = params


class OperationHandler(ABC, Generic[Params, Answer]):
    """`call` runs outside any transaction; `apply` and `on_refused` inside one, the row locked.

    Everything that is sent is in `params`, which are frozen: no row that may have changed between
    two tries is read for it. A handler's fields are the ports that it asks, and nothing else.
    """

    kind: ClassVar[OperationKind]
    params_type: type[Params]
    is_sought_after_restore: ClassVar[bool] = False

    @abstractmethod
    async def call(self, operation: OperationRow, params: Params) -> Answer:
        """One request to Stripe under the operation's key. Raises NotYet."""

    async def find_existing(self, operation: OperationRow, params: Params) -> Answer | None:
        """What an earlier try made at Stripe, once its idempotency key is forgotten there."""
        return None

    @abstractmethod
    async def apply(self, operation: OperationRow, params: Params, answer: Answer) -> str | None:
        """Write what is true now; the Stripe object's id, where there is one."""

    async def find_lost(
        self, operation: OperationRow, params: Params, since: datetime
    ) -> Answer | None:
        """What an operation did at Stripe that came after the backup from which the database was
        made: the same thing, which must not be done again. Only where `is_sought_after_restore`.
        """
        return None

    async def on_refused(
        self, operation: OperationRow, params: Params, refusal: StripeRefusal
    ) -> None:
        """Stripe said no for good: leave nothing half done."""
        return

    async def renew(self, operation: OperationRow, params: Params) -> Params:
        """The parameters of a new attempt after a failed one, from our rows as they are now.

        In a transaction. Raises InvalidState when there is nothing to be attempted any more.
        """
        return params

    async def after_commit(self, operation: OperationRow, params: Params) -> None:
        """After the commit: what may be lost, such as live events."""
        return

    def read(self, operation: OperationRow) -> Params:
        """The parameters as they were frozen, so that every retry is the same to the letter."""
        return read_params(operation, self.params_type)


class ChangeHandler(OperationHandler[Params, None]):
    """Of a kind that only changes what Stripe has: nothing changes here."""

    async def apply(self, operation: OperationRow, params: Params, answer: None) -> None:
        return None


class HandlerRegistry:
    """One handler for each kind. Raises ValueError, when a process starts, if that is not so."""

    def __init__(self, handlers: Iterable[OperationHandler[Any, Any]]) -> None:
        self._by_kind: dict[str, OperationHandler[Any, Any]] = {}
        for handler in handlers:
            if handler.kind not in list(OperationKind):
                raise ValueError(f"there is no kind of operation {handler.kind}")
            if handler.kind in self._by_kind:
                raise ValueError(f"operation {handler.kind} has two handlers")
            self._by_kind[handler.kind] = handler
        missing = [kind.value for kind in OperationKind if kind not in self._by_kind]
        if missing:
            raise ValueError(f"no handler for the operations {', '.join(missing)}")

    def get(self, kind: str) -> OperationHandler[Any, Any]:
        """Raises KeyError for a kind that this version does not know."""
        return self._by_kind[kind]


def read_params(operation: OperationRow, params_type: type[Params]) -> Params:
    return msgspec.json.decode(operation.params, type=params_type)


def get_subject(operation: OperationRow) -> Any:
    """The id of the row that the operation is about; every kind but CUSTOMER's has one."""
    if operation.subject_id is None:
        raise RuntimeError(f"operation {operation.id} has no subject")
    return operation.subject_id
