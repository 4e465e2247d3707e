"""The parts of an agent's page: each has an address of its own."""

import msgspec

from chenu.core.i18n import mark

OVERVIEW, REVIEWS, VERSIONS, API = "overview", "reviews", "versions", "api"


class AgentParts(msgspec.Struct, frozen=True):
    """In the order of their links."""

    labels: tuple[tuple[str, str], ...] = (
        (OVERVIEW, mark("Overview")),
        (REVIEWS, mark("Reviews")),
        (VERSIONS, mark("Versions")),
        (API, mark("API")),
    )

    def of(self, part: str) -> str:
        """What follows the agent's address."""
        return "" if part == OVERVIEW else f"/{part}"


PARTS = AgentParts()
