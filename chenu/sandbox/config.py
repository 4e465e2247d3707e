"""Settings of a sandbox."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx

API_VERSION = "2026-10-28.endive"
"""The one API version that is spoken; the installed SDK pins the same."""

CURRENCY = "eur"


def recorded_by_environment() -> Path | None:
    """The file that CHENU_SANDBOX_RECORD names."""
    name = os.environ.get("CHENU_SANDBOX_RECORD")
    return Path(name) if name else None


@dataclass(frozen=True)
class SandboxConfig:
    """Frozen; everything that changes while it runs lives in the store."""

    public_url: str = "http://127.0.0.1:8421"
    """Where browsers and the app reach the sandbox; hosted pages are linked below it."""

    data: str = ":memory:"
    """Path of the SQLite file, or `:memory:`."""

    record: Path | None = field(default_factory=recorded_by_environment)
    """Append every API exchange to this file, one JSON object a line."""

    seed: int | None = None
    """Makes ids and webhook faults repeatable; drawn at random for a new store without it."""

    clock: int | None = None
    """Unix seconds at which the global clock starts, before or after the machine's time."""

    begin_with: Path | None = None
    """An archive with which a new store begins; a store with a state of its own ignores it."""

    webhook_retry_scale: float = 1.0
    """Factor on the waiting times between webhook retries; 0 retries at once."""

    webhook_transport: Callable[[], httpx.AsyncBaseTransport] | None = field(default=None)
    """Deliver webhooks through this instead of sockets, when the receiver lives in-process."""

    v2_event_details: bool = False
    """Add `related_object` and `data` to v2 events that are fetched. See README.md."""

    upcoming_invoice_days: int = 7
    """How long before a renewal `invoice.upcoming` comes."""

    dunning_days: tuple[int, ...] = (3, 5, 7)
    """Days after the first failed payment of an invoice at which it is tried again."""

    after_dunning: Literal["cancel", "unpaid", "past_due"] = "cancel"
    """What a subscription becomes when the last retry has failed."""

    uncollectible_after_dunning: bool = False
    """Whether its invoice is then marked uncollectible; else it stays open."""

    laid_out_pdfs: bool = False
    """Documents by WeasyPrint, where it and Pango are installed; else, and there, plain ones."""

    def link(self, path: str) -> str:
        """The public URL of one of the sandbox's pages; `path` starts with a slash."""
        return self.public_url.rstrip("/") + path
