"""The number of agents that a search finds, and of each filter option: the same for everybody.

Counting reads every match, so counts may be some seconds old; the list itself is current.
"""

from chenu.agents.facets import Facets, count_facets
from chenu.agents.search_query import AgentFilter, AgentQuery
from chenu.core.caches import SingleFlight

_Key = tuple[str, AgentFilter]


class Counts:
    """`max_age` is in seconds; 0 turns the cache off."""

    def __init__(self, max_age: float) -> None:
        self._single_flight: SingleFlight[_Key, Facets] = SingleFlight(max_age)

    def find(self, query: AgentQuery) -> Facets | None:
        """The cached count; None if there is none."""
        return self._single_flight.find((query.search, query.filter), lambda: count_facets(query))

    async def of_search(self, query: AgentQuery) -> Facets:
        """Independent of the list's order."""
        return await self._single_flight.get(
            (query.search, query.filter), lambda: count_facets(query)
        )


UNSHARED = Counts(0)
