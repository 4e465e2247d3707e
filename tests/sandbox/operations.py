"""What random sequences of operations are run with."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.playground import Playground

KEY = {"authorization": "Bearer sk_test_x"}


@dataclass
class Engine:
    """The sandbox, and what the operations so far have made in it."""

    play: Playground
    sent: list[tuple[str, dict[str, Any], str, int, bytes]] = field(default_factory=list)

    async def post(self, path: str, form: dict[str, Any]) -> Any:
        """An API call with a key of its own; refusals are answers like any other."""
        key = f"key:{len(self.sent)}"
        headers = {**KEY, "idempotency-key": key}
        answer = await self.play.http.post(path, data=form, headers=headers)
        assert answer.status_code < 500, answer.text
        self.sent.append((path, form, key, answer.status_code, answer.content))
        return answer.json()

    async def pick(self, path: str, place: int) -> Any:
        """One of the newest objects of a list; None when it is empty."""
        answer = await self.play.http.get(path, params={"limit": 20}, headers=KEY)
        found = answer.json()["data"]
        return found[place % len(found)] if found else None


Operation = Callable[[Engine, int, int], Coroutine[Any, Any, None]]
