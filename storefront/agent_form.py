"""The creator's form for an agent: from typed values to the business's input, and back."""

from collections.abc import Callable
from typing import Any, TypeVar

from chenu.agents.listing import ListingFields, check_listing
from chenu.agents.manifest import parse_manifest
from chenu.agents.model import PriceType
from chenu.agents.rows import AgentRow, ChangeRow
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import Locale, mark
from chenu.flows.creators.edit_agent import AgentInput, PriceInput
from chenu.tiers.catalogue import AgentLevel
from storefront.forms import Fields
from storefront.money_input import parse_euros, parse_minutes, show_euros

T = TypeVar("T")

LISTING = ("name", "tagline", "description", "capabilities", "language", "sphere", "minutes")
PRICE = ("price_type", "price")
EVERYTHING = (*LISTING, "level", *PRICE, "manifest")
VERSION = ("number", "changelog", "manifest")

_FIRST_MANIFEST = """{
  "name": "",
  "model": "chenu-medium",
  "systemPrompt": "",
  "parameters": {},
  "tools": [],
  "permissions": ["input:read"]
}"""


def blank_values(locale: Locale) -> dict[str, str]:
    """The values of a new agent's form; none of them costs anything."""
    return {
        "language": locale,
        "level": AgentLevel.L0,
        "price_type": PriceType.FREE,
        "minutes": "15",
        "manifest": _FIRST_MANIFEST,
    }


def read_agent(fields: Fields) -> AgentInput:
    """Raises Invalid or Rejected with every field that cannot be read."""
    errors: list[ChenuError] = []
    listing = _read_listing(fields, errors)
    level = _try(errors, AgentLevel.L0, lambda: _read_level(fields.text("level")))
    price = _try(errors, PriceInput(PriceType.FREE), lambda: read_price(fields))
    manifest: Any = _try(errors, None, lambda: parse_manifest(fields.text("manifest")))
    if errors:
        reject_if_any([*check_listing(listing), *errors])
    return AgentInput(listing, level, price, manifest)


def read_listing(fields: Fields) -> ListingFields:
    """Raises Invalid or Rejected."""
    errors: list[ChenuError] = []
    listing = _read_listing(fields, errors)
    if errors:
        reject_if_any([*check_listing(listing), *errors])
    return listing


def read_draft(fields: Fields) -> tuple[ListingFields, list[ChenuError]]:
    """As typed, and what could not be read; nothing is checked yet."""
    errors: list[ChenuError] = []
    return _read_listing(fields, errors), errors


def _read_listing(fields: Fields, errors: list[ChenuError]) -> ListingFields:
    words = [word.strip() for word in fields.text("capabilities").split(",")]
    return ListingFields(
        name=fields.text("name"),
        tagline=fields.text("tagline"),
        description=fields.text("description"),
        capabilities=[word for word in words if word],
        language=fields.text("language"),
        sphere=fields.text("sphere") or None,
        minutes=_try(errors, None, lambda: parse_minutes(fields.text("minutes"), "minutes")),
    )


def _try(errors: list[ChenuError], fallback: T, read: Callable[[], T]) -> T:
    """The value, or the fallback with its error collected, so that all errors are reported
    together.
    """
    try:
        return read()
    except ChenuError as error:
        errors.extend(error.each)
        return fallback


def _read_level(text: str) -> AgentLevel:
    if text not in AgentLevel.__members__:
        allowed = ", ".join(AgentLevel)
        raise Invalid("The level is one of {allowed}", path=("level",), allowed=allowed)
    return AgentLevel(text)


def read_price(fields: Fields) -> PriceInput:
    """Raises Invalid. The price of a free agent is ignored, because it is not charged."""
    kind = fields.text("price_type")
    if kind not in PriceType.__members__:
        allowed = ", ".join(PriceType)
        message = mark("The kind of price is one of {allowed}")
        raise Invalid(message, path=("price_type",), allowed=allowed)
    if kind == PriceType.FREE:
        return PriceInput(PriceType.FREE)
    return PriceInput(PriceType(kind), parse_euros(fields.text("price"), "price"))


def listing_values(agent: AgentRow, change: ChangeRow | None, locale: Locale) -> dict[str, str]:
    """The fields as they would be published: those of the pending change come first."""
    changed = change.fields if change is not None else {}
    seconds = changed.get("seconds_saved", agent.seconds_saved)
    return {
        "name": changed.get("name", agent.name),
        "tagline": changed.get("tagline", agent.tagline),
        "description": changed.get("description", agent.description),
        "capabilities": ", ".join(changed.get("capabilities", agent.capabilities)),
        "language": changed.get("language", agent.language),
        "sphere": changed.get("sphere", agent.sphere) or "",
        "minutes": _show_minutes(seconds, locale),
    }


def _show_minutes(seconds: int, locale: Locale) -> str:
    text = f"{seconds / 60:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if locale == "fr" else text


def price_values(agent: AgentRow, locale: Locale) -> dict[str, str]:
    shown = show_euros(agent.price_amount, locale) if agent.price_amount else ""
    return {"price_type": agent.price_type, "price": shown}
