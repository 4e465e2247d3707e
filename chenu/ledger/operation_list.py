"""Operations looked up, and by operators listed, retried and given up."""

from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import InvalidState
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.ledger.operations import (
    COLUMNS,
    FOLLOWS,
    OperationId,
    OperationKind,
    OperationRow,
    OperationState,
    encode_params,
    find_by_key,
    mark_failed,
)

GIVEN_UP = "given_up"
"""The error code of an operation that an operator gave up; the reason is in the audit log."""


class OperationQuery(msgspec.Struct, frozen=True):
    """None means all; `before` is the last one of the previous page."""

    kind: OperationKind | None = None
    state: OperationState | None = None
    subject_id: UUID | None = None
    before: OperationId | None = None
    limit: int = 50


async def find_operation(operation_id: UUID) -> OperationRow | None:
    sql = f"SELECT {COLUMNS} FROM operation WHERE id = $1"  # noqa: S608 - own columns
    return await db.find_one(OperationRow, sql, operation_id)


async def has_operation(kind: OperationKind, subject_id: UUID) -> bool:
    """In whatever state."""
    sql = "SELECT EXISTS (SELECT 1 FROM operation WHERE subject_id = $1 AND kind = $2)"
    return bool(await db.fetch_value(sql, subject_id, kind))


async def list_operations(query: OperationQuery) -> list[OperationRow]:
    """The newest first, one page."""
    sql = f"""
        SELECT {COLUMNS} FROM operation
        WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR state = $2)
            AND ($3::uuid IS NULL OR subject_id = $3) AND ($4::uuid IS NULL OR id < $4)
        ORDER BY id DESC LIMIT $5
    """  # noqa: S608 - own columns
    return await db.fetch_all(
        OperationRow, sql, query.kind, query.state, query.subject_id, query.before, query.limit
    )


async def list_operations_in(state: OperationState | None, page: PageRequest) -> Page[OperationRow]:
    """The newest first; None: in every state."""
    select = f"SELECT {COLUMNS} FROM operation"  # noqa: S608 - own columns
    if state is None:
        return await fetch_page(OperationRow, select, "true", page=page)
    return await fetch_page(OperationRow, select, "state = $1", state.value, page=page)


async def check_now(operation: OperationRow) -> None:
    """Repair asks about it at once, whatever becomes of the caller. In its transaction."""
    sql = """
        UPDATE operation SET next_check_at = $2 WHERE id = $1 AND state IN ('INTENT', 'UNKNOWN')
    """
    await db.execute(sql, operation.id, system_now())


async def require_failed(operation: OperationRow) -> None:
    """Raises InvalidState for an operation that is open, settled or followed by another one.

    The caller has locked the row, as create_operation_after does: none follows it from now on.
    """
    if operation.state != OperationState.FAILED:
        raise InvalidState(
            "Only a FAILED operation can be tried again; this one is {state}", state=operation.state
        )
    key = f"{operation.business_key.partition(FOLLOWS)[0]}{FOLLOWS}{operation.id}"
    successor = await find_by_key(key)
    if successor is not None:
        raise InvalidState(
            "Another operation has followed this one: {successor}", successor=str(successor.id)
        )


async def reopen(operation: OperationRow, params: object) -> None:
    """A new attempt with these parameters and the next key. In the caller's transaction."""
    sql = """
        UPDATE operation SET state = 'INTENT', params = $2, key_number = key_number + 1,
            attempts = 0, error_code = NULL, settled_at = NULL, next_check_at = $3
        WHERE id = $1 AND state = 'FAILED'
    """
    await db.execute(sql, operation.id, encode_params(params), system_now())


async def mark_given_up(operation: OperationRow) -> None:
    """In the caller's transaction. Raises InvalidState for a settled operation."""
    if operation.state == OperationState.SETTLED:
        raise InvalidState("This operation is settled: there is nothing to give up")
    await mark_failed(operation.id, GIVEN_UP)
