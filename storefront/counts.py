"""How many agents a search finds, and each option of its filters would: for everybody the same.

Counting reads every match; counts may be a moment old, the list is not.
"""

from chenu.agents.facets import Facets, count_facets
from chenu.agents.search_query import AgentFilter, AgentQuery
from chenu.core.caches import SingleFlight

_Key = tuple[str, AgentFilter]


class Counts:
    """`max_age` in seconds; at 0 everything is counted each time."""

    def __init__(self, max_age: float) -> None:
        self._single_flight: SingleFlight[_Key, Facets] = SingleFlight(max_age)

    def find(self, query: AgentQuery) -> Facets | None:
        """What was counted within the last moment."""
        return self._single_flight.find((query.search, query.filter), lambda: count_facets(query))

    async def of_search(self, query: AgentQuery) -> Facets:
        """Whatever the order of the list."""
        return await self._single_flight.get(
            (query.search, query.filter), lambda: count_facets(query)
        )


UNSHARED = Counts(0)
