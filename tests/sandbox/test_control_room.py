"""The control room as a page with plain forms, and as calls for tests."""

import pytest

from chenu.sandbox.engine.snapshots import MOST_SNAPSHOTS
from tests.sandbox.playground import Playground, build, close


async def test_the_room_shows_what_there_is(play: Playground) -> None:
    await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    await play.sale(1000)
    account = await play.account()
    await play.control("faults", {"effect": "503", "path": "/v1/nothing"})
    await play.control("deliveries/flush", {})

    page = await play.http.get("/_sandbox")

    assert page.status_code == 200
    for words in ("€9.60", account.id, "Atelier Zoé", "checkout.session.completed", "/v1/nothing"):
        assert words in page.text
    assert "<script" not in page.text


async def test_an_empty_room_is_a_page_too(play: Playground) -> None:
    page = await play.http.get("/_sandbox")

    assert page.status_code == 200
    assert "None yet." in page.text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("clock", {"advance": "P1D"}),
        ("webhooks", {"mode": "shuffle", "duplicate": "0.5", "paused": "false"}),
        ("faults", {"effect": "429", "path": "/v1/*", "nth": "1", "times": "1", "method": "*"}),
        ("faults/clear", {}),
        ("reset", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_forms_lead_back_to_the_room(
    play: Playground, path: str, form: dict[str, str]
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = await play.http.post(f"/_sandbox/{path}", data=form, headers=headers)

    assert (answer.status_code, answer.headers["location"]) == (303, "/_sandbox")


async def test_other_sites_cannot_press_the_buttons(play: Playground) -> None:
    own = await play.http.post(
        "/_sandbox/clock", json={"advance": "PT1S"}, headers={"origin": "http://sandbox.test"}
    )
    foreign = await play.http.post(
        "/_sandbox/reset", json={}, headers={"origin": "http://evil.test"}
    )

    assert (own.status_code, foreign.status_code) == (200, 403)


async def test_a_reset_empties_all_and_ids_begin_anew(play: Playground) -> None:
    first = await play.customer()
    await play.control("faults", {"effect": "503", "times": None})
    await play.control("webhooks", {"drop": 1})
    await play.advance("P3D")

    await play.control("reset", {})
    again = await play.customer()

    assert again.id == first.id
    assert await play.control("faults") == {"data": []}
    assert (await play.control("webhooks"))["drop"] == 0
    state = await play.control("state")
    assert state["counts"] == {"customer": 1, "event": 1}


async def test_the_state_tells_every_balance(play: Playground) -> None:
    await play.sale(1000)

    assert (await play.control("state"))["balances"] == {"platform": [0, 960]}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("accounts/acct_nobody/capability", {"status": "active"}, 404),
        ("accounts/acct_nobody/capability", {"status": "golden"}, 400),
        ("refunds/re_nothing", {"status": "failed"}, 404),
        ("refunds/re_nothing", {"status": "lost"}, 400),
        ("customers/cus_nobody/next_charge", {"outcome": "lost_card"}, 404),
        ("customers/cus_nobody/next_charge", {"outcome": "luck"}, 400),
        ("deliveries/99/resend", {}, 404),
        ("endpoints/we_nothing/rotate", {}, 404),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_cannot_be_done_is_said(
    play: Playground, path: str, body: dict[str, str], status: int
) -> None:
    answer = await play.http.post(f"/_sandbox/{path}", json=body)

    assert answer.status_code == status


async def test_bodies_that_are_not_json_objects_are_refused(play: Playground) -> None:
    for content in (b"{", b"[1]"):
        answer = await play.http.post("/_sandbox/clock", content=content)
        assert answer.status_code == 400


async def test_a_refund_that_is_over_cannot_be_moved(play: Playground) -> None:
    charge = await play.sale()
    refund = await play.stripe.v1.refunds.create_async({"charge": charge.id})
    await play.control(f"refunds/{refund.id}", {"status": "failed"})

    answer = await play.http.post(f"/_sandbox/refunds/{refund.id}", json={"status": "succeeded"})

    assert answer.status_code == 400


async def test_snapshots_are_listed_and_deleted(play: Playground) -> None:
    first, second = (
        (await play.control("snapshots", {}))["id"],
        (await play.control("snapshots", {}))["id"],
    )

    await play.http.delete(f"/_sandbox/snapshots/{first}")

    assert [one["id"] for one in (await play.control("snapshots"))["data"]] == [second]
    assert second in (await play.http.get("/_sandbox")).text
    gone = await play.http.post(f"/_sandbox/snapshots/{first}/restore")
    assert gone.status_code == 404


async def test_too_many_snapshots_are_refused_until_one_is_deleted() -> None:
    play = build(None)
    names = [(await play.control("snapshots", {}))["id"] for _ in range(MOST_SNAPSHOTS)]

    refused = await play.http.post("/_sandbox/snapshots")
    await play.control(f"snapshots/{names[0]}/delete", {})
    accepted = await play.http.post("/_sandbox/snapshots")

    assert (refused.status_code, accepted.status_code) == (409, 200)
    assert "delete" in refused.text
    await close(play)


@pytest.mark.parametrize("path", ["snapshots", "snapshots/{id}/restore", "snapshots/{id}/delete"])
async def test_forms_of_snapshots_lead_back_to_the_room(play: Playground, path: str) -> None:
    path = path.replace("{id}", (await play.control("snapshots", {}))["id"])
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = await play.http.post(f"/_sandbox/{path}", headers=headers)

    assert (answer.status_code, answer.headers["location"]) == (303, "/_sandbox")
