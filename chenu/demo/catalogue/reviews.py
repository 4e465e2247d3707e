"""What buyers of the demo's history say of agents, read from reviews.toml."""

import msgspec

from chenu.demo.catalogue import Language, read_toml


class SeedReview(msgspec.Struct, frozen=True):
    """`reply`: of the agent's creator, empty where there is none."""

    agent: str
    stars: int
    language: Language
    text: str
    reply: str = ""


def load_reviews() -> tuple[SeedReview, ...]:
    return tuple(SeedReview(**table) for table in read_toml("reviews.toml")["review"])
