"""Operations: the row before each Stripe call, its states, and when repair checks it.

INTENT -> SETTLED | FAILED; UNKNOWN when the answer was lost. See docs/decisions/0005, and 0019 for
operations that follow one another.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NewType
from uuid import UUID

import msgspec
from msgspec.structs import replace

from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import NotFound
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.rows import Columns, insert
from chenu.ledger.operation_kinds import OperationKind as OperationKind
from chenu.ledger.operation_kinds import OperationState as OperationState
from chenu.ledger.tables import Operation

OperationId = NewType("OperationId", UUID)

REPAIR_AFTER = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(days=1),
)
"""The delay before repair's next check, by attempt; the last one repeats."""

KEY_LIFE = timedelta(hours=23)
"""Stripe forgets idempotency keys after about a day: older operations are looked up, never sent."""


FOLLOWS = ":after:"
"""In a business key, separates its subject from the operation that this one follows."""


OPEN_STATES = (OperationState.INTENT.value, OperationState.UNKNOWN.value)


class NewOperation(msgspec.Struct, frozen=True):
    """A call to be made.

    `params` is a msgspec struct or dataclass with everything that the call needs.
    """

    kind: OperationKind
    business_key: str
    params: Any
    subject_id: UUID | None = None
    account_id: UUID | None = None
    amount: Cents = Cents(0)
    check_after: timedelta = REPAIR_AFTER[0]


class OperationRow(msgspec.Struct, frozen=True):
    """`created_at` is business time, `next_check_at` system time."""

    id: OperationId
    kind: str
    business_key: str
    subject_id: UUID | None
    account_id: UUID | None
    amount: Cents
    params: str
    state: str
    stripe_id: str | None
    error_code: str | None
    attempts: int
    key_number: int
    next_check_at: datetime | None
    created_at: datetime

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_unknown(self) -> bool:
        """The call was made, and its answer was lost."""
        return self.state == OperationState.UNKNOWN

    @property
    def idempotency_key(self) -> str:
        return f"chenu:{self.business_key}:{self.id.hex[-8:]}:{self.key_number}"

    @property
    def key_expired(self) -> bool:
        # Business time never goes slower than system time: the key expires early, never late.
        return business_now() - self.created_at > KEY_LIFE


COLUMNS = Columns(OperationRow, Operation, params="{0}params::text").select()


async def create_operation(new: NewOperation) -> OperationRow:
    """Writes the operation, or finds the one with this business key."""
    operation = {
        "id": new_id(),
        "kind": new.kind,
        "business_key": new.business_key,
        "subject_id": new.subject_id,
        "account_id": new.account_id,
        "amount": new.amount,
        "params": encode_params(new.params),
        "state": OperationState.INTENT,
        "created_at": business_now(),
        "next_check_at": system_now() + new.check_after,
    }
    await insert(Operation, operation, "ON CONFLICT (business_key) DO NOTHING")
    found = await find_by_key(new.business_key)
    if found is None:
        raise RuntimeError(f"operation {new.business_key} is not there")
    return found


def encode_params(params: object) -> str:
    """As they are stored in the row."""
    return msgspec.json.encode(params).decode()


async def create_operation_after(new: NewOperation, previous: OperationRow | None) -> OperationRow:
    """Writes or finds the one operation that follows `previous` under the request's key.

    Of concurrent callers the second finds the first one's: a key has one successor, so that nothing
    is done twice. Returns `previous` itself if it is being tried again since it was read.
    """
    if previous is None:
        return await create_operation(new)
    return await _create_successor(new, previous)


@db.transactional
async def _create_successor(new: NewOperation, previous: OperationRow) -> OperationRow:
    """Under the lock of `previous`, which a retry takes before it looks for a successor."""
    current = await get_operation(previous.id, lock=True)
    if current.state != previous.state:
        return current
    return await create_operation(
        replace(new, business_key=f"{new.business_key}{FOLLOWS}{previous.id}")
    )


async def find_last(
    kinds: Sequence[OperationKind], subject_id: UUID, key: str
) -> OperationRow | None:
    """The last of the operations that follow one another under a key."""
    sql = f"""
        SELECT {COLUMNS} FROM operation o
        WHERE subject_id = $1 AND kind = ANY($2)
            AND (business_key = $3 OR starts_with(business_key, $3 || ':after:'))
            AND NOT EXISTS (SELECT 1 FROM operation n
                WHERE n.business_key = $3 || ':after:' || o.id)
        ORDER BY id DESC LIMIT 1
    """  # noqa: S608 - own columns
    return await db.find_one(OperationRow, sql, subject_id, list(kinds), key)


async def find_last_with(
    kinds: Sequence[OperationKind], subject_id: UUID, parameter: str
) -> OperationRow | None:
    """The last of a subject's operations that says something by this parameter."""
    sql = f"""
        SELECT {COLUMNS} FROM operation
        WHERE subject_id = $1 AND kind = ANY($2) AND params ->> $3 IS NOT NULL
        ORDER BY id DESC LIMIT 1
    """  # noqa: S608 - own columns
    return await db.find_one(OperationRow, sql, subject_id, list(kinds), parameter)


async def find_by_key(business_key: str) -> OperationRow | None:
    sql = f"SELECT {COLUMNS} FROM operation WHERE business_key = $1"  # noqa: S608 - own columns
    return await db.find_one(OperationRow, sql, business_key)


async def find_by_stripe_id(kind: OperationKind, stripe_id: str) -> OperationRow | None:
    """The operation that created the object."""
    sql = f"SELECT {COLUMNS} FROM operation WHERE kind = $1 AND stripe_id = $2"  # noqa: S608 - own columns
    return await db.find_one(OperationRow, sql, kind, stripe_id)


async def find_first_settled(kind: OperationKind, subject_id: UUID) -> OperationRow | None:
    sql = f"""
        SELECT {COLUMNS} FROM operation
        WHERE subject_id = $1 AND kind = $2 AND state = 'SETTLED' ORDER BY settled_at, id LIMIT 1
    """  # noqa: S608 - own columns
    return await db.find_one(OperationRow, sql, subject_id, kind)


async def get_operation(operation_id: OperationId, *, lock: bool = False) -> OperationRow:
    """Raises NotFound. `lock` locks the row until the transaction ends."""
    suffix = "FOR NO KEY UPDATE" if lock else ""
    sql = f"SELECT {COLUMNS} FROM operation WHERE id = $1 {suffix}"  # noqa: S608 - own columns
    found = await db.find_one(OperationRow, sql, operation_id)
    if found is None:
        raise NotFound("There is no such operation")
    return found


async def mark_settled(operation_id: OperationId, stripe_id: str | None) -> None:
    sql = """
        UPDATE operation SET state = 'SETTLED', stripe_id = $2, settled_at = $3,
            next_check_at = NULL, error_code = NULL WHERE id = $1
    """
    await db.execute(sql, operation_id, stripe_id, system_now())


async def mark_failed(operation_id: OperationId, error_code: str) -> None:
    sql = """
        UPDATE operation SET state = 'FAILED', error_code = $2, settled_at = $3,
            next_check_at = NULL WHERE id = $1
    """
    await db.execute(sql, operation_id, error_code, system_now())


async def postpone(
    operation: OperationRow,
    error_code: str | None,
    *,
    state: OperationState,
    new_key: bool = False,
    params: object = None,
) -> None:
    """Not settled yet: stores why, and when repair checks again.

    A check before that time, as by a page that is reloaded, does not postpone it. `new_key` after a
    refusal that may pass, which Stripe would replay under the old key for a day. Changed `params`
    need a new key as well.
    """
    now = system_now()
    after = REPAIR_AFTER[min(operation.attempts, len(REPAIR_AFTER) - 1)]
    sql = """
        UPDATE operation SET state = $2, error_code = $3, key_number = $5 + $6::int,
            params = coalesce($8::jsonb, params),
            attempts = attempts + (next_check_at <= $7)::int,
            next_check_at = CASE WHEN next_check_at <= $7 THEN $4 ELSE next_check_at END
        WHERE id = $1 AND key_number = $5 AND state IN ('INTENT', 'UNKNOWN')
    """
    await db.execute(
        sql,
        operation.id,
        state.value,
        error_code,
        now + after,
        operation.key_number,
        int(new_key or params is not None),
        now,
        None if params is None else encode_params(params),
    )
