"""The routes of the API: which function handles which call."""

from collections.abc import Callable
from dataclasses import dataclass

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork

Answer = Record | Json
"""A stored object, or a body; both are expanded afterwards."""

Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Match:
    """A handler with the ids that the path holds."""

    handler: Handler
    path_values: dict[str, str]

    def run(self, unit: UnitOfWork, parameters: Json) -> Answer:
        return self.handler(unit, parameters, **self.path_values)


class Routes:
    """Filled by decorators at import; handlers take (unit, parameters, **path values)."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, int], list[tuple[list[str], Handler]]] = {}

    def add(self, method: str, template: str) -> Callable[[Handler], Handler]:
        parts = template.split("/")

        def register(handler: Handler) -> Handler:
            routes = self._routes.setdefault((method, len(parts)), [])
            routes.append((parts, handler))
            routes.sort(key=lambda route: sum(part[:1] == "{" for part in route[0]))
            return handler

        return register

    def get(self, template: str) -> Callable[[Handler], Handler]:
        return self.add("GET", template)

    def post(self, template: str) -> Callable[[Handler], Handler]:
        return self.add("POST", template)

    def delete(self, template: str) -> Callable[[Handler], Handler]:
        return self.add("DELETE", template)

    def find(self, method: str, path: str) -> Match | None:
        """A literal part wins over an id in its place."""
        given = path.split("/")
        for parts, handler in self._routes.get((method, len(given)), ()):
            values = _fit(parts, given)
            if values is not None:
                return Match(handler, values)
        return None


def _fit(parts: list[str], given: list[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for part, text in zip(parts, given, strict=True):
        if part[:1] == "{" and text:
            values[part[1:-1]] = text
        elif part != text:
            return None
    return values


ROUTES = Routes()
