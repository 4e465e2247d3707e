"""How many agents a search finds, and each option of its filters would: for everybody the same.

Counting reads every match; counts may be a moment old, the list is not.
"""

from chenu.agents.facets import Facets, count_facets
from chenu.agents.search_wish import AgentFilter, AgentWish
from chenu.core.kept import Shared

_Key = tuple[str, AgentFilter]


class Counts:
    """`max_age` in seconds; at 0 everything is counted each time."""

    def __init__(self, max_age: float) -> None:
        self._shared: Shared[_Key, Facets] = Shared(max_age)

    def find(self, wish: AgentWish) -> Facets | None:
        """What was counted within the last moment."""
        return self._shared.find((wish.search, wish.filter), lambda: count_facets(wish))

    async def of_search(self, wish: AgentWish) -> Facets:
        """Whatever the order of the list."""
        return await self._shared.get((wish.search, wish.filter), lambda: count_facets(wish))


UNSHARED = Counts(0)
