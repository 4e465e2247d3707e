"""What search engines read of an agent's page: schema.org's terms as JSON-LD."""

import json
from typing import Any

from markupsafe import Markup

from chenu.agents.model import AgentKind, PriceType
from chenu.agents.rows import AgentRow, AgentText
from chenu.core.i18n import Locale
from chenu.core.site import product_name
from chenu.media.pictures import PictureSize, picture_url

_UNSAFE = str.maketrans(
    {
        character: f"\\u{ord(character):04x}"
        for character in ("<", ">", "&", "'", "\u2028", "\u2029")
    }
)
"""Escaped, so that no text can end the element that the data stands in."""


def describe_agent(agent: AgentRow, text: AgentText, public_url: str, locale: Locale) -> Markup:
    """A Product with its offer, and its rating once there are reviews. Amounts are exact text.

    The platform's own agents are not offered: they come with a plan.
    """
    url = f"{public_url}/agents/{agent.slug}"
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": url,
        "url": url,
        "name": text.name,
        "description": text.tagline,
        "inLanguage": locale,
        "brand": {"@type": "Brand", "name": agent.creator_name or product_name()},
    }
    pictures = _pictures(agent, public_url)
    if pictures:
        data["image"] = pictures
    if agent.kind is not AgentKind.PLATFORM:
        data["offers"] = _offer(agent, url)
    if agent.review_count:
        data["aggregateRating"] = _rating(agent)
    return Markup(json.dumps(data, ensure_ascii=False).translate(_UNSAFE))  # noqa: S704 - escaped


def _pictures(agent: AgentRow, public_url: str) -> list[str]:
    names = [shot.hash for shot in agent.media.screenshots]
    if agent.icon is not None:
        names.append(agent.icon)
    return [f"{public_url}{picture_url(name, PictureSize.LARGE)}" for name in names]


def _offer(agent: AgentRow, url: str) -> dict[str, Any]:
    price = {"price": _amount(agent), "priceCurrency": "EUR"}
    offer = {
        "@type": "Offer",
        "url": url,
        **price,
        "availability": "https://schema.org/InStock",
    }
    if agent.price_type is PriceType.SUBSCRIPTION:
        monthly = {"@type": "UnitPriceSpecification", **price, "unitCode": "MON"}
        return {**offer, "priceSpecification": monthly}
    return offer


def _amount(agent: AgentRow) -> str:
    return f"{agent.price_amount // 100}.{agent.price_amount % 100:02}"


def _rating(agent: AgentRow) -> dict[str, Any]:
    tenths = (agent.rating_sum * 20 + agent.review_count) // (2 * agent.review_count)
    return {
        "@type": "AggregateRating",
        "ratingValue": f"{tenths // 10}.{tenths % 10}",
        "reviewCount": agent.review_count,
        "bestRating": 5,
        "worstRating": 1,
    }
