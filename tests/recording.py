"""Adds every event to the recorded exchanges, as if it had been fetched: for the checks of CI."""

import json
from pathlib import Path

import httpx

from chenu.sandbox.config import recorded_by_environment

_EVENTS = "/_sandbox/events.jsonl"


def keep_events(lines: str) -> None:
    """From the sandbox's /_sandbox/events.jsonl; nothing without a recording."""
    stored = recorded_by_environment()
    if stored is not None:
        with Path(f"{stored}.events").open("a", encoding="utf-8") as file:
            file.writelines(_as_exchange(line) + "\n" for line in lines.splitlines())


def keep_events_of(sandbox_url: str) -> None:
    """At its end: a sandbox of a whole run has written so many that reading them takes a minute."""
    if recorded_by_environment() is not None:
        keep_events(httpx.get(f"{sandbox_url}{_EVENTS}", timeout=300).text)


async def keep_events_so_far(sandbox: httpx.AsyncClient) -> None:
    """Before its state is replaced."""
    if recorded_by_environment() is not None:
        keep_events((await sandbox.get(_EVENTS, timeout=300)).text)


def _as_exchange(line: str) -> str:
    event = json.loads(line)
    place = "/v2/core/events" if event["object"] == "v2.core.event" else "/v1/events"
    path = f"{place}/{event['id']}"
    exchange = {"method": "GET", "path": path, "form": {}, "status": 200, "response": event}
    return json.dumps(exchange)
