"""Name servers of the tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chenu.domains.resolver import NoAnswer


@dataclass
class Records:
    """Answers from a table; `is_away`: nobody answers. `asked` has every name."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    is_away: bool = False
    asked: list[str] = field(default_factory=list)

    async def list_texts(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        if self.is_away:
            raise NoAnswer("LifetimeTimeout")
        return self.texts.get(name, [])
