"""Events beside the recorded exchanges, for the checks of `.ci/run`."""

from pathlib import Path

import httpx

from chenu.sandbox.config import recorded_by_environment


def keep_events(lines: str) -> None:
    """As the sandbox lists them under /_sandbox/events.jsonl; nothing without a recording."""
    kept = recorded_by_environment()
    if kept is not None:
        with Path(f"{kept}.events").open("a", encoding="utf-8") as file:
            file.write(lines)


def keep_events_of(sandbox_url: str) -> None:
    keep_events(httpx.get(f"{sandbox_url}/_sandbox/events.jsonl", timeout=60).text)
