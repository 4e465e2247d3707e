"""How long rows of the marketplace are stored."""

from chenu.core.retention import BOOKS, PEOPLE, Forever

RETENTIONS: tuple[Forever, ...] = (
    Forever("purchase", BOOKS),
    Forever("purchase_payment", BOOKS),
    Forever("access_grant", "what was bought is for ever"),
    Forever("creator", PEOPLE),
    Forever("agent", PEOPLE),
    Forever("agent_version", "what was sold"),
    Forever("agent_change", "one an agent at most"),
)
