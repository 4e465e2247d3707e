"""Which handler carries out which kind of operation: said once, where a process is put together."""

from collections.abc import Iterable
from typing import Any

from chenu.flows.operations.handler import OperationHandler
from chenu.ledger.operations import OperationKind


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
