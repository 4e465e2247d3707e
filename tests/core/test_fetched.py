"""Answers are numbered in the order in which their requests were sent."""

import asyncio
from functools import partial

import pytest

from chenu.core import db
from chenu.core.fetched import fetch
from chenu.flows.services import Services


async def test_who_asks_later_has_the_greater_number_whoever_is_answered_first(
    services: Services,
) -> None:
    answers = [asyncio.Event() for _ in range(3)]
    asked = []
    for answer in answers:
        is_sent = asyncio.Event()
        asked.append(asyncio.create_task(fetch(partial(_wait, is_sent, answer))))
        await is_sent.wait()
    for answer, task in reversed([*zip(answers, asked, strict=True)]):
        answer.set()
        await task

    numbers = [task.result().number for task in asked]

    assert numbers == sorted(set(numbers))


async def _wait(is_sent: asyncio.Event, answer: asyncio.Event) -> None:
    is_sent.set()
    await answer.wait()


async def test_no_two_requests_at_once_have_the_same_number(services: Services) -> None:
    fetched = await asyncio.gather(*(fetch(_answer) for _ in range(50)))

    assert len({one.number for one in fetched}) == 50


async def _answer() -> str:
    return "x"


async def test_a_request_that_fails_fails_as_it_did(services: Services) -> None:
    async def fail() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fetch(fail)


async def test_requests_may_draw_numbers_with_the_rights_of_requests(services: Services) -> None:
    role = await db.fetch_value("SELECT current_user")

    assert role == "chenu_app"
    assert (await fetch(_answer)).number > 0
