"""The control room's page of test clocks."""

import pytest

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground


async def test_the_control_room_shows_clocks_with_their_customers(play: Playground) -> None:
    clock = await play.test_clock(name="Renewals")
    customer = await play.customer(test_clock=clock.id)

    page = await play.http.get("/_sandbox/test_clocks")

    for words in (clock.id, "Renewals", customer.id, "2030-03-17 17:46", "ready"):
        assert words in page.text
    assert "<script" not in page.text
    assert "/_sandbox/test_clocks" in (await play.http.get("/_sandbox")).text


async def test_the_control_room_creates_advances_and_deletes_clocks(play: Playground) -> None:
    customer = await play.customer()

    clock = await play.control("test_clocks", {"name": "By hand", "customer": customer.id})
    moved = await play.control(f"test_clocks/{clock['id']}/advance", {"advance": "P30D"})
    deleted = await play.control(f"test_clocks/{clock['id']}/delete", {})

    assert moved["status"] == "ready"
    assert moved["frozen_time"] == clock["frozen_time"] + 30 * DAY
    assert deleted == {"id": clock["id"], "deleted": True}
    assert "None yet." in (await play.http.get("/_sandbox/test_clocks")).text


async def test_forms_of_clocks_lead_back_to_their_page(play: Playground) -> None:
    answer = await play.http.post("/_sandbox/test_clocks", data={"name": "", "customer": ""})

    assert (answer.status_code, answer.headers["location"]) == (303, "/_sandbox/test_clocks")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("test_clocks", {"customer": "cus_nobody"}, 400),
        ("test_clocks/clock_nothing/advance", {"advance": "P1D"}, 404),
        ("test_clocks/clock_nothing/advance", {}, 400),
        ("test_clocks/clock_nothing/delete", {}, 404),
    ],
    ids=["customer", "advance nothing", "no duration", "delete nothing"],
)
async def test_what_cannot_be_done_to_a_clock_is_refused(
    play: Playground, path: str, body: dict[str, str], status: int
) -> None:
    answer = await play.http.post(f"/_sandbox/{path}", json=body)

    assert answer.status_code == status


async def test_the_control_room_advances_no_clock_too_far(play: Playground) -> None:
    clock = await play.test_clock()

    answer = await play.http.post(
        f"/_sandbox/test_clocks/{clock.id}/advance", json={"advance": "P1000D"}
    )

    assert answer.status_code == 400
