"""Records what an answer has shown: a buyer's first use, and what staff read."""

import json
from typing import Any
from uuid import UUID

import msgspec
import orjson

from chenu.accounts.actor import Actor
from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.agents.access import ReadableManifest, record_first_use
from chenu.agents.model import GrantId


class Reading(msgspec.Struct):
    """Collected while an operation runs, written by `record` when the answer is complete."""

    _opened: list[tuple[GrantId, dict[str, Any]]] = msgspec.field(default_factory=list)
    _staff_reads: set[StaffRead] = msgspec.field(default_factory=set)

    def record_opened(self, opened: ReadableManifest, version_id: UUID) -> None:
        if opened.first_use is not None:
            self._opened.append((opened.first_use, opened.manifest))
        if opened.by_staff:
            self.record_staff_read("manifest", version_id)

    def record_staff_read(self, what: str, subject: UUID | str) -> None:
        self._staff_reads.add(StaffRead(what, subject))

    def forget(self) -> None:
        self._opened.clear()
        self._staff_reads.clear()

    async def record(self, actor: Actor, data: dict[str, Any] | None, *, is_whole: bool) -> None:
        """`is_whole`: no errors, which could have removed a manifest from the answer."""
        used = [grant for grant, manifest in self._opened if is_whole or _holds(data, manifest)]
        reads = set(self._staff_reads) if data is not None else set()
        self.forget()
        if used:
            await record_first_use(used)
        if reads:
            await record_staff_reads(actor, reads)


def _holds(data: Any, manifest: dict[str, Any]) -> bool:
    """Whether the answer contains the manifest; JSON values in it are serialised already."""
    if isinstance(data, orjson.Fragment):
        return bool(json.loads(orjson.dumps(data)) == manifest)
    if isinstance(data, dict):
        return any(_holds(value, manifest) for value in data.values())
    return isinstance(data, list) and any(_holds(value, manifest) for value in data)
