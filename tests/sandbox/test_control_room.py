"""The control room as a page with plain forms, and as calls for tests."""

import pytest

from tests.sandbox.playground import Playground


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


async def test_a_snapshot_brings_everything_back(play: Playground) -> None:
    await play.customer()
    clock = await play.control("clock")
    name = (await play.control("snapshot", {}))["snapshot"]
    await play.customer()
    await play.advance("P3D")

    await play.control("restore", {"snapshot": name})

    assert len((await play.stripe.v1.customers.list_async()).data) == 1
    assert (await play.control("clock"))["offset_seconds"] == clock["offset_seconds"]
    unknown = await play.http.post("/_sandbox/restore", json={"snapshot": "nothing"})
    assert unknown.status_code == 404


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
