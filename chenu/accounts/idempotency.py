"""Clients' idempotency keys: the same key and input find the same row, other input conflicts.

A refused request changed nothing and does not use up its key.
"""

import hashlib
import json
from typing import Any
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.tables import IdempotencyRecord
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import IdempotencyConflict, Invalid
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.core.text import compose, compose_all

MAX_KEY_LENGTH = 255


class ClientKey(msgspec.Struct, frozen=True):
    """`request` is the mutation's name; `input_hash` covers all of its input except the key."""

    account_id: AccountId
    key: str
    request: str
    input_hash: bytes


class _Record(msgspec.Struct, frozen=True):
    request: str
    input_hash: bytes
    result_id: UUID


def client_key(account_id: AccountId, key: str, request: str, parameters: Any) -> ClientKey:
    """Raises Invalid for a key that is empty, too long or contains control characters."""
    if not key.strip() or len(key) > MAX_KEY_LENGTH:
        raise Invalid(
            "An idempotency key has 1 to {count} characters",
            path=("idempotency_key",),
            count=MAX_KEY_LENGTH,
        )
    if not key.isprintable():
        message = mark("Please enter one line of text without control characters")
        raise Invalid(message, path=("idempotency_key",))
    # Escaped to ASCII, so that texts which no field accepts still differ.
    encoded = json.dumps(compose_all(msgspec.to_builtins(parameters)), sort_keys=True).encode()
    return ClientKey(account_id, compose(key), request, hashlib.sha256(encoded).digest())


async def find_result(key: ClientKey) -> UUID | None:
    """The row that this key created before; locks the key until the transaction ends.

    Raises IdempotencyConflict if the key was used for a different request or input.
    """
    await db.lock_until_commit(f"idempotency:{key.account_id}:{key.key}")
    sql = """
        SELECT request, input_hash, result_id FROM idempotency_record
        WHERE account = $1 AND key = $2
    """
    found = await db.find_one(_Record, sql, key.account_id, key.key)
    if found is None:
        return None
    if (found.request, found.input_hash) != (key.request, key.input_hash):
        raise key_conflict()
    return found.result_id


def key_conflict() -> IdempotencyConflict:
    return IdempotencyConflict("This idempotency key was used with other input before")


async def remember_result(key: ClientKey, result_id: UUID) -> None:
    """Raises IdempotencyConflict if a spend of tokens, which locks no key, has just used it."""
    added = await insert(
        IdempotencyRecord,
        {
            "id": new_id(),
            "account": key.account_id,
            "key": key.key,
            "request": key.request,
            "input_hash": key.input_hash,
            "result_id": result_id,
            "created_at": system_now(),
        },
        "ON CONFLICT (account, key) DO NOTHING",
    )
    if not added:
        raise key_conflict()
