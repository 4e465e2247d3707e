"""The demo catalogue: platform agents, creators and their agents, read from the TOML files here."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

Level: TypeAlias = Literal["L0", "L1", "L2", "L3"]
Language: TypeAlias = Literal["fr", "en"]
Json: TypeAlias = str | int | bool | Sequence["Json"] | Mapping[str, "Json"]

SPHERES = (
    "PERSONAL",
    "BUSINESS",
    "GOVERNMENT",
    "CREATIVE_STUDIO",
    "COMMUNITY",
    "SOCIAL_MEDIA",
    "ENTERTAINMENT",
    "MY_TEAM",
    "SCHOLAR",
)
# Atelier Nord comes first: it belongs to the demo's creator account.
CREATOR_HANDLES = (
    "atelier-nord",
    "lex-et-co",
    "marthe-vidal",
    "open-lab",
    "agora",
    "kessler-brandt",
    "sofia-lindqvist",
    "table-neuve",
    "bruno-castellani",
    "studio-pelican",
    "guichet-clair",
    "aoife-brennan",
)

_FOLDER = Path(__file__).parent


class Translation(msgspec.Struct, frozen=True):
    """What the store shows of an agent in one language; the description is Markdown."""

    name: str
    tagline: str
    description: str


class PlatformManifest(msgspec.Struct, frozen=True):
    """The prompt, in English, and the tools of an agent that CHE·NU runs itself."""

    system_prompt: str
    tools: tuple[str, ...]


class PlatformAgent(msgspec.Struct, frozen=True):
    """One of the 168 agents of the platform; `minutes` are saved per run."""

    slug: str
    sphere: str
    level: Level
    capabilities: tuple[str, ...]
    permissions: tuple[str, ...]
    minutes: int
    min_tokens: int
    fr: Translation
    en: Translation
    manifest: PlatformManifest


class VersionSeed(msgspec.Struct, frozen=True):
    """A version of a marketplace agent, dated in days before the demo is seeded."""

    number: str
    days_ago: int
    changelog: str


class ManifestSeed(msgspec.Struct, frozen=True):
    """What a buyer pays for, without the permissions, which the agent states."""

    model: str
    system_prompt: str
    tools: tuple[str, ...]
    parameters: Mapping[str, Json]
    min_tokens: int


class MarketplaceAgent(msgspec.Struct, frozen=True):
    """An agent on sale in its creator's language; a price of 0 cents is free.

    `monthly`: the price is one of each month.
    """

    slug: str
    language: Language
    text: Translation
    sphere: str
    level: Level
    capabilities: tuple[str, ...]
    permissions: tuple[str, ...]
    minutes: int
    price_cents: int
    published_days_ago: int
    versions: tuple[VersionSeed, ...]
    manifest: ManifestSeed
    monthly: bool = False


class Creator(msgspec.Struct, frozen=True):
    """A seller and what they sell; `email` is the part before the @, `country` an ISO code."""

    handle: str
    display_name: str
    bio_language: Language
    bio: str
    country: str
    email: str
    agents: tuple[MarketplaceAgent, ...]


@cache
def load_platform_agents() -> tuple[PlatformAgent, ...]:
    """Sphere by sphere in the order of `SPHERES`, from L0 to L3 within each."""
    return tuple(
        _platform_agent(sphere, table)
        for sphere in SPHERES
        for table in read_toml(f"platform/{sphere.lower()}.toml")["agent"]
    )


def load_creators() -> tuple[Creator, ...]:
    """In the order of `CREATOR_HANDLES`, each with its agents and their versions oldest first."""
    return tuple(_creator(read_toml(f"marketplace/{handle}.toml")) for handle in CREATOR_HANDLES)


def read_toml(path: str) -> dict[str, Any]:
    with (_FOLDER / path).open("rb") as file:
        return tomllib.load(file)


# The rest of each table goes into its dataclass by name, so a missing or misspelt key in a
# TOML file is a TypeError or KeyError here and never a silent default.


def _platform_agent(sphere: str, table: dict[str, Any]) -> PlatformAgent:
    manifest = table.pop("manifest")
    return PlatformAgent(
        sphere=sphere,
        capabilities=tuple(table.pop("capabilities")),
        permissions=tuple(table.pop("permissions")),
        fr=_translation(table.pop("fr")),
        en=_translation(table.pop("en")),
        manifest=PlatformManifest(tools=tuple(manifest.pop("tools")), **manifest),
        **table,
    )


def _creator(document: dict[str, Any]) -> Creator:
    agents = tuple(_marketplace_agent(table) for table in document["agent"])
    return Creator(agents=agents, **document["creator"])


def _marketplace_agent(table: dict[str, Any]) -> MarketplaceAgent:
    manifest = table.pop("manifest")
    text = {key: table.pop(key) for key in ("name", "tagline", "description")}
    return MarketplaceAgent(
        text=_translation(text),
        capabilities=tuple(table.pop("capabilities")),
        permissions=tuple(table.pop("permissions")),
        versions=tuple(VersionSeed(**version) for version in table.pop("version")),
        manifest=ManifestSeed(tools=tuple(manifest.pop("tools")), **manifest),
        **table,
    )


def _translation(table: dict[str, str]) -> Translation:
    return Translation(**{key: text.strip() for key, text in table.items()})
