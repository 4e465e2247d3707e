"""Synthetic stores: agents with invented words, distributed like words of a language."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from chenu.tiers.spheres import SPHERES

SEED = 20261122
CREATORS = 500
VOCABULARY = 3_000
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_SYLLABLES = ("ba", "co", "di", "fu", "ga", "lo", "mi", "na", "pe", "ra", "si", "to", "vu", "za")
_TAGS = ("analysis", "audio", "budget", "calendar", "design", "email", "ideas", "planning")
_AGENT = (
    *("id", "slug", "kind", "status", "creator", "account"),
    *("name", "tagline", "description", "description_html", "translations", "language"),
    *("capabilities", "permissions", "level", "sphere", "price_type", "price", "price_version"),
    *("seconds_saved", "installs", "rating_sum", "review_count"),
    *("published_at", "created_at", "updated_at"),
)


class Vocabulary:
    """Words that differ in their first letters; the first are the most frequent."""

    def __init__(self) -> None:
        self.words = [_spell(number) for number in range(VOCABULARY)]
        self._weights = [1 / (rank + 10) for rank in range(VOCABULARY)]

    def draw(self, dice: random.Random, count: int) -> list[str]:
        return dice.choices(self.words, self._weights, k=count)


def _spell(number: int) -> str:
    """Four syllables, different for every number."""
    parts = []
    for _ in range(4):
        number, place = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[place])
    return "".join(parts)


async def fill(url: str, agents: int) -> None:
    """The same rows for the same count, on any machine."""
    dice, vocabulary = random.Random(SEED), Vocabulary()
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            makers = await _put_creators(connection, dice)
            rows = [_agent(number, dice, vocabulary, makers) for number in range(agents)]
            await connection.copy_records_to_table("agent", records=rows, columns=_AGENT)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _put_creators(connection: Any, dice: random.Random) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """The creators' ids with their accounts'."""
    users, accounts, creators = [], [], []
    for number in range(CREATORS):
        user, account, creator = (_draw_id(dice) for _ in range(3))
        users.append((user, f"maker{number}@bench.example", f"Maker {number}", "-", "fr", _EPOCH))
        accounts.append((account, f"Maker {number}", "PERSONAL", user, "PRO", _EPOCH))
        name = f"Atelier {number}"
        creators.append((creator, user, account, f"atelier-{number}", name, "", True, _EPOCH))
    tables = {
        "app_user": ("id email display_name password_hash locale created_at", users),
        "account": ("id name kind owner tier created_at", accounts),
        "creator": (
            "id owner account handle display_name bio payouts_ready created_at",
            creators,
        ),
    }
    for table, (columns, records) in tables.items():
        await connection.copy_records_to_table(table, records=records, columns=columns.split())
    return [(creator[0], creator[2]) for creator in creators]


def _agent(
    number: int,
    dice: random.Random,
    vocabulary: Vocabulary,
    makers: list[tuple[uuid.UUID, uuid.UUID]],
) -> tuple[Any, ...]:
    creator, account = dice.choice(makers)
    text = _text(dice, vocabulary)
    translations = {"en": _text(dice, vocabulary)} if dice.random() < 0.3 else {}
    price = dice.choice((0, 0, 900, 1900, 4900))
    reviews = dice.randrange(50)
    published = _EPOCH + timedelta(seconds=number * 60)
    return (
        *(_draw_id(dice), f"agent-{number}", "MARKETPLACE", "PUBLISHED", creator, account),
        *(text["name"], text["tagline"], text["description"], text["description_html"]),
        *(msgspec.json.encode(translations).decode(), "fr"),
        *(dice.sample(_TAGS, 3), ["files:read"], dice.choice(("L0", "L1", "L2", "L3"))),
        *(dice.choice(SPHERES).code, "ONE_TIME" if price else "FREE", price, 1, 900),
        *(int(dice.paretovariate(0.8)), reviews * 4, reviews, published, published, published),
    )


def _text(dice: random.Random, vocabulary: Vocabulary) -> dict[str, str]:
    description = " ".join(vocabulary.draw(dice, 20))
    return {
        "name": " ".join(vocabulary.draw(dice, 3)).title(),
        "tagline": " ".join(vocabulary.draw(dice, 8)).capitalize() + ".",
        "description": description,
        "description_html": f"<p>{description}</p>",
    }


def _draw_id(dice: random.Random) -> uuid.UUID:
    return uuid.UUID(int=dice.getrandbits(128), version=4)
