"""Every fault, as the SDK sees it, and what its retry finds."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground, build, close


@pytest.fixture(scope="module")
async def _stubborn() -> AsyncIterator[Playground]:
    playground = build(None, retries=2)
    yield playground
    await close(playground)


@pytest.fixture
async def stubborn(_stubborn: Playground) -> Playground:
    """A sandbox whose client retries twice, as the app's does."""
    _stubborn.sandbox.reset()
    return _stubborn


async def _fault(play: Playground, effect: str, **values: Any) -> None:
    rule = {"effect": effect, "method": "POST", "path": "/v1/customers", **values}
    await play.control("faults", rule)


LOST = ["500_after", "timeout_after", "disconnect_after", "reset_after"]
NEVER = ["500_before", "timeout_before", "disconnect_before", "409", "503"]


@pytest.mark.parametrize("effect", LOST)
async def test_a_lost_answer_is_found_by_the_retry(stubborn: Playground, effect: str) -> None:
    await _fault(stubborn, effect, seconds=0.01)

    customer = await stubborn.customer()

    assert customer.last_response.headers["idempotent-replayed"] == "true"
    assert await stubborn.event_types() == ["customer.created"]


@pytest.mark.parametrize("effect", NEVER)
async def test_what_never_ran_is_run_by_the_retry(stubborn: Playground, effect: str) -> None:
    await _fault(stubborn, effect, seconds=0.01)

    customer = await stubborn.customer()

    assert "idempotent-replayed" not in customer.last_response.headers
    assert await stubborn.event_types() == ["customer.created"]


@pytest.mark.parametrize(
    ("effect", "error", "made"),
    [
        ("500_before", stripe.APIError, 0),
        ("500_after", stripe.APIError, 1),
        ("timeout_before", stripe.APIConnectionError, 0),
        ("timeout_after", stripe.APIConnectionError, 1),
        ("disconnect_before", stripe.APIConnectionError, 0),
        ("disconnect_after", stripe.APIConnectionError, 1),
        ("429", stripe.RateLimitError, 0),
        ("409", stripe.APIError, 0),
        ("503", stripe.APIError, 0),
        ("503_no_retry", stripe.APIError, 0),
        ("card_error", stripe.CardError, 0),
        ("truncated", stripe.APIError, 1),
        ("500_stored", stripe.APIError, 0),
        ("reset_after", stripe.APIConnectionError, 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_fault_is_its_own_error(
    loose: Playground, effect: str, error: type[stripe.StripeError], made: int
) -> None:
    await _fault(loose, effect, seconds=0.01)

    with pytest.raises(error):
        await loose.customer()

    assert len((await loose.stripe.v1.customers.list_async()).data) == made


async def test_some_faults_tell_the_sdk_not_to_retry(stubborn: Playground) -> None:
    await _fault(stubborn, "503_no_retry")
    with pytest.raises(stripe.APIError):
        await stubborn.customer()

    await stubborn.control("faults/clear", {})
    await _fault(stubborn, "429", should_retry=True)
    customer = await stubborn.customer()

    assert customer.id


async def test_a_truncated_answer_was_executed_and_is_remembered(loose: Playground) -> None:
    await _fault(loose, "truncated")
    wanted: Any = {"email": "a@example.org"}
    with pytest.raises(stripe.APIError):
        await loose.stripe.v1.customers.create_async(wanted, {"idempotency_key": "k"})

    again = await loose.stripe.v1.customers.create_async(wanted, {"idempotency_key": "k"})

    assert again.last_response.headers["idempotent-replayed"] == "true"


async def test_a_stored_failure_is_replayed_for_its_key_and_not_for_another(
    stubborn: Playground,
) -> None:
    await _fault(stubborn, "500_stored")
    create, wanted = stubborn.stripe.v1.customers.create_async, {"email": "a@example.org"}
    for _ in range(2):
        with pytest.raises(stripe.APIError) as replayed:
            await create(wanted, {"idempotency_key": "k"})
        assert (replayed.value.headers or {})["idempotent-replayed"] == "true"

    assert await stubborn.event_types() == []
    assert (await create(wanted, {"idempotency_key": "other"})).id


async def test_a_fault_hits_from_the_nth_call_so_many_times(loose: Playground) -> None:
    await _fault(loose, "500_before", nth=2, times=2)

    outcomes = []
    for _ in range(4):
        try:
            await loose.customer()
            outcomes.append("ok")
        except stripe.APIError:
            outcomes.append("500")

    rule = (await loose.control("faults"))["data"][0]
    assert outcomes == ["ok", "500", "500", "ok"]
    assert (rule["seen"], rule["hits"]) == (4, 2)


@pytest.mark.parametrize(
    ("pattern", "path", "hit"),
    [
        ("/v1/customers*", "/v1/customers/cus_1", True),
        ("/v1/transfers", "/v1/transfers/tr_1/reversals", False),
        (r"^/v1/transfers/[^/]+/reversals$", "/v1/transfers/tr_1/reversals", True),
        (r"^/v1/prices", "/v1/products", False),
    ],
)
async def test_paths_are_globs_or_regular_expressions(
    loose: Playground, pattern: str, path: str, hit: bool
) -> None:
    await loose.control("faults", {"effect": "503", "path": pattern, "times": None})

    answer = await loose.http.get(path, headers={"authorization": "Bearer sk_test_x"})

    assert (answer.status_code == 503) == hit


async def test_a_card_error_can_name_its_code(loose: Playground) -> None:
    await _fault(loose, "card_error", code="expired_card")

    with pytest.raises(stripe.CardError) as declined:
        await loose.customer()

    assert declined.value.code == "expired_card"


async def test_faults_are_cleared(loose: Playground) -> None:
    await _fault(loose, "500_before", times=None)

    await loose.http.delete("/_sandbox/faults")

    assert (await loose.customer()).id
    assert await loose.control("faults") == {"data": []}


@pytest.mark.parametrize(
    "wrong",
    [{"effect": "explode"}, {"effect": "503", "path": "^("}, {"effect": "503", "colour": 1}, {}],
    ids=str,
)
async def test_rules_that_make_no_sense_are_refused(
    loose: Playground, wrong: dict[str, Any]
) -> None:
    answer = await loose.http.post("/_sandbox/faults", json=wrong)

    assert answer.status_code == 400
