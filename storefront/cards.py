"""What a card in a list of agents shows: few facts, so that equal cards are drawn once."""

from dataclasses import dataclass

from chenu.agents.model import AgentId
from chenu.agents.rows import AgentRow
from chenu.core.i18n import Locale
from storefront.words import price_label


@dataclass(frozen=True, slots=True)
class Card:
    """One agent in one language; `rating_sum` over `review_count` stars."""

    id: AgentId
    slug: str
    name: str
    tagline: str
    maker: str
    sphere: str | None
    level: str
    price: str
    rating_sum: int
    review_count: int
    installs: int


def make_card(agent: AgentRow, locale: Locale) -> Card:
    text = agent.text(locale)
    return Card(
        id=agent.id,
        slug=agent.slug,
        name=text.name,
        tagline=text.tagline,
        maker=agent.creator_name or "CHE·NU",
        sphere=agent.sphere,
        level=agent.level,
        price=price_label(agent, locale),
        rating_sum=agent.rating_sum,
        review_count=agent.review_count,
        installs=agent.installs,
    )
