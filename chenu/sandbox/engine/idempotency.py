"""Stored answers by idempotency key; they are replayed for one day of the global clock."""

import hashlib
from dataclasses import dataclass

from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.errors import ApiError, Refused
from chenu.sandbox.engine.json_types import Json, dumps
from chenu.sandbox.engine.unit_of_work import UnitOfWork

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The first answer to a request with an idempotency key."""

    status: int
    body: bytes
    request_id: str


def fingerprint(method: str, path: str, form: Json) -> str:
    """The same for the same request, whatever the order of its parameters."""
    pairs = dumps([method, path, _sorted(form)])
    return hashlib.blake2b(pairs, digest_size=16).hexdigest()


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def find_answer(unit: UnitOfWork, key: str, digest: str) -> StoredAnswer | None:
    """The answer stored under the key; raises Refused when the key came with another request."""
    row = unit.store.execute(
        "SELECT fingerprint, status, body, request_id FROM idempotency"
        " WHERE account = ? AND key = ? AND created > ?",
        (unit.account, key, unit.now - DAY),
    ).fetchone()
    if row is None:
        return None
    stored_fingerprint, status, body, request_id = row
    if stored_fingerprint != digest:
        raise Refused(
            "Keys for idempotent requests can only be used with the same parameters they were"
            f" first used with. Try another key than '{key}' for another request.",
            kind="idempotency_error",
        )
    return StoredAnswer(status, body, request_id)


def save_answer(unit: UnitOfWork, key: str, digest: str, answer: StoredAnswer) -> None:
    """Store the answer, and drop those that are older than a day."""
    unit.store.execute("DELETE FROM idempotency WHERE created <= ?", (unit.now - DAY,))
    unit.store.execute(
        "INSERT OR REPLACE INTO idempotency"
        " (account, key, fingerprint, status, body, request_id, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            unit.account,
            key,
            digest,
            answer.status,
            answer.body,
            answer.request_id,
            unit.now,
        ),
    )


class KeysInUse:
    """Keys of requests that are being executed right now, in this process."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()

    def acquire(self, account: str, key: str) -> None:
        """Raises ApiError 409 while another request holds the key."""
        if (account, key) in self._keys:
            raise Refused(
                "There is currently another in-progress request using this idempotency key"
                f" ('{key}'). Please try again later.",
                status=409,
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        self._keys.add((account, key))

    def release(self, account: str, key: str) -> None:
        self._keys.discard((account, key))


def check_key(key: str) -> None:
    if len(key) > LONGEST_KEY:
        raise ApiError(f"Idempotency keys have at most {LONGEST_KEY} characters.")
