"""Operations: one row per business key, its states, and when repair looks again."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chenu.core.clock import CLOCK, business_now, system_now
from chenu.core.errors import NotFound
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger.open_operations import list_due, list_open
from chenu.ledger.operations import (
    KEY_LIFE,
    REPAIR_AFTER,
    NewOperation,
    OperationId,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation,
    create_operation_after,
    find_by_key,
    find_last,
    get_operation,
    mark_failed,
    mark_settled,
    postpone,
)
from tests.rows import count, fingerprint, put


def request(key: str = "cs:1", **changes: Any) -> NewOperation:
    return NewOperation(
        OperationKind.CHECKOUT_SESSION, key, {"amount": 900}, amount=Cents(900), **changes
    )


async def test_a_request_is_written_once_whatever_runs_at_once(services: Services) -> None:
    made = await asyncio.gather(*(create_operation(request()) for _ in range(20)))

    assert len({operation.id for operation in made}) == 1
    assert await count("operation") == 1


async def test_a_second_request_with_the_key_keeps_the_first_ones_request(
    services: Services,
) -> None:
    first = await create_operation(request())

    second = await create_operation(
        NewOperation(OperationKind.TRANSFER, "cs:1", {"amount": 1}, amount=Cents(1))
    )

    assert second == first
    assert (first.params, first.amount, first.state) == ('{"amount": 900}', 900, "INTENT")


async def test_twenty_askers_write_one_successor(services: Services) -> None:
    subject = new_id()
    first = await create_operation(request(subject_id=subject))

    made = await asyncio.gather(
        *(create_operation_after(request(subject_id=subject), first) for _ in range(20))
    )

    assert {operation.business_key for operation in made} == {f"cs:1:after:{first.id}"}
    assert len({operation.idempotency_key for operation in (first, *made)}) == 2


async def test_the_last_is_the_one_that_none_follows(services: Services) -> None:
    """Whatever the clocks of the machines that wrote them: ids do not decide."""
    subject = new_id()
    kinds = (OperationKind.CHECKOUT_SESSION,)
    assert await find_last(kinds, subject, "cs:1") is None
    first = await create_operation_after(request(subject_id=subject), None)
    second = await create_operation_after(request(subject_id=subject), first)
    third = await create_operation_after(request(subject_id=subject), second)
    await put("operation", "id", OperationId(UUID(int=1)), "id = $2", third.id)

    last = await find_last(kinds, subject, "cs:1")

    assert last is not None
    assert last.business_key == third.business_key


async def test_keys_that_only_begin_alike_do_not_follow_one_another(services: Services) -> None:
    subject = new_id()
    await create_operation(request("price:1:v1", subject_id=subject))
    await create_operation(request("price:1:v10", subject_id=subject))
    await create_operation(request("price:1:v1", subject_id=new_id()))

    last = await find_last((OperationKind.CHECKOUT_SESSION,), subject, "price:1:v1")

    assert last is not None
    assert last.business_key == "price:1:v1"


async def test_repair_looks_after_30_seconds_5_minutes_an_hour_then_daily(
    services: Services,
) -> None:
    operation = await create_operation(request())
    seconds = [await _seconds_left(operation)]

    for _ in range(5):
        await _make_due(operation)
        await postpone(operation, "lost", state=OperationState.UNKNOWN)
        operation = await get_operation(operation.id)
        seconds.append(await _seconds_left(operation))

    expected = [30, 30, 300, 3600, 86_400, 86_400]
    assert [round(left, -1) for left in seconds] == expected
    assert [step.total_seconds() for step in REPAIR_AFTER] == [30, 300, 3600, 86_400]


async def test_looking_again_and_again_does_not_put_repair_off(services: Services) -> None:
    operation = await create_operation(request())

    for _ in range(5):
        await postpone(operation, "not paid yet", state=OperationState.INTENT)
    looked_at = await get_operation(operation.id)

    assert looked_at.next_check_at == operation.next_check_at
    assert (looked_at.attempts, looked_at.error_code) == (0, "not paid yet")


async def _make_due(operation: OperationRow) -> None:
    await put("operation", "next_check_at", system_now(), "id = $2", operation.id)


async def _seconds_left(operation: OperationRow) -> float:
    assert operation.next_check_at is not None
    return (operation.next_check_at - system_now()).total_seconds()


async def test_an_unknown_outcome_can_become_known_to_be_open(services: Services) -> None:
    operation = await create_operation(request())

    await postpone(operation, "PROVIDER_UNAVAILABLE", state=OperationState.UNKNOWN)
    lost = await get_operation(operation.id)
    await postpone(lost, "not paid yet", state=OperationState.INTENT)
    again = await get_operation(operation.id)

    assert (lost.state, lost.error_code, lost.is_open) == ("UNKNOWN", "PROVIDER_UNAVAILABLE", True)
    assert (again.state, again.error_code, again.attempts) == ("INTENT", "not paid yet", 0)


@pytest.mark.parametrize("state", [OperationState.SETTLED, OperationState.FAILED])
async def test_what_is_over_stays_over(services: Services, state: OperationState) -> None:
    operation = await create_operation(request())
    if state is OperationState.SETTLED:
        await mark_settled(operation.id, "cs_test_1")
    else:
        await mark_failed(operation.id, "amount_too_small")
    before = await fingerprint()

    await postpone(operation, "late news", state=OperationState.UNKNOWN)

    assert await fingerprint() == before
    done = await get_operation(operation.id)
    assert (done.state, done.is_open, done.next_check_at) == (state, False, None)
    assert await list_open() == []


async def test_a_refusal_that_may_pass_gives_the_next_try_a_key_of_its_own(
    services: Services,
) -> None:
    operation = await create_operation(request())

    await postpone(operation, "balance_insufficient", state=OperationState.INTENT, new_key=True)
    renewed = await get_operation(operation.id)
    await postpone(operation, "a twin's late news", state=OperationState.INTENT, new_key=True)

    assert renewed.idempotency_key != operation.idempotency_key
    assert await get_operation(operation.id) == renewed


async def test_a_lost_answer_is_asked_for_with_the_same_key(services: Services) -> None:
    operation = await create_operation(request())

    await postpone(operation, "lost", state=OperationState.UNKNOWN)

    assert (await get_operation(operation.id)).idempotency_key == operation.idempotency_key


async def test_two_operations_never_share_a_key(services: Services) -> None:
    first, second = await create_operation(request("cs:1")), await create_operation(request("cs:2"))

    assert first.idempotency_key != second.idempotency_key
    assert len(first.idempotency_key) <= 255


async def test_a_key_is_too_old_after_23_hours_of_business_time(services: Services) -> None:
    operation = await create_operation(request())
    assert not operation.key_expired

    CLOCK.move_to_offset(KEY_LIFE - timedelta(minutes=1))
    assert not operation.key_expired
    CLOCK.move_to_offset(KEY_LIFE + timedelta(seconds=1))
    assert operation.key_expired


async def test_what_is_due_is_listed_the_most_overdue_first(services: Services) -> None:
    late = await create_operation(request("late", check_after=timedelta(hours=-2)))
    later = await create_operation(request("later", check_after=timedelta(hours=-3)))
    await create_operation(request("not yet"))
    done = await create_operation(request("done", check_after=timedelta(hours=-4)))
    await mark_settled(done.id, None)

    assert await list_due(system_now()) == [later.id, late.id]
    assert await list_due(system_now(), limit=1) == [later.id]
    assert len(await list_open()) == 3


async def test_an_operation_is_dated_in_business_time(services: Services) -> None:
    CLOCK.move_to_offset(timedelta(days=40))

    operation = await create_operation(request())

    assert abs(operation.created_at - business_now()) < timedelta(seconds=5)
    assert operation.next_check_at is not None
    assert operation.next_check_at < system_now() + timedelta(minutes=1)


async def test_an_unknown_operation_is_not_found(services: Services) -> None:
    assert await find_by_key("nothing") is None
    with pytest.raises(NotFound):
        await get_operation(OperationId(new_id()))
