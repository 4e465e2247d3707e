"""A sandbox begins with what another one wrote down: objects, clock and tasks, elsewhere."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chenu.sandbox.engine.archive import ADDRESS, BadArchive
from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import URL, Playground, build, close


async def _live(play: Playground) -> Any:
    """A subscription, a paid session, an account, and a receiver of webhooks."""
    await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    await play.sale()
    await play.account()
    customer = await play.customer_with_card()
    await play.advance("P20D")
    return await play.subscription(customer, await play.plan())


@pytest.fixture
async def written(play: Playground, tmp_path: Path) -> Path:
    await _live(play)
    answer = await play.http.get("/_sandbox/archive")
    assert answer.status_code == 200
    path = tmp_path / "archive.ndjson"
    path.write_text(answer.text)
    return path


@pytest.fixture
async def other(written: Path) -> AsyncIterator[Playground]:
    begun = build(None, begin_with=written)
    yield begun
    await close(begun)


async def _kinds(play: Playground) -> dict[str, int]:
    sql = "SELECT kind, COUNT(*) FROM objects GROUP BY kind"
    return dict(play.sandbox.store.execute(sql).fetchall())


async def test_another_sandbox_goes_on_with_everything_but_receivers(
    play: Playground, other: Playground
) -> None:
    kinds = await _kinds(play)

    assert kinds.pop("webhook_endpoint") == 1
    assert await _kinds(other) == kinds
    assert await other.balance() == await play.balance()
    assert abs((await other.control("clock"))["now"] - (await play.control("clock"))["now"]) <= 2
    assert (await other.control("invariants"))["violations"] == []


async def test_what_was_due_comes_there(other: Playground) -> None:
    [subscription] = (await other.stripe.v1.subscriptions.list_async()).data

    await other.advance("P32D")

    invoices = await other.stripe.v1.invoices.list_async({"subscription": subscription.id})
    assert [invoice.status for invoice in invoices.data] == ["paid", "paid"]


async def test_new_objects_have_new_ids(play: Playground, other: Playground) -> None:
    known = {row[0] for row in play.sandbox.store.execute("SELECT id FROM objects")}

    assert (await other.customer()).id not in known


def test_addresses_are_left_open(written: Path) -> None:
    text = written.read_text()

    assert URL not in text
    assert f"{ADDRESS}/i/" in text


async def test_a_sandbox_with_a_state_of_its_own_ignores_it(written: Path, tmp_path: Path) -> None:
    data = str(tmp_path / "own.sqlite")
    first = build(None, data=data)
    await first.customer()
    await close(first)

    again = build(None, data=data, begin_with=written)

    assert await _kinds(again) == {"customer": 1, "event": 1}
    await close(again)


@pytest.mark.parametrize("text", ["", "{}\n", '{"version": 0, "clock": 1}\n'], ids=repr)
def test_a_file_of_another_version_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "archive.ndjson"
    path.write_text(text)

    with pytest.raises(BadArchive):
        build(None, begin_with=path)


async def test_its_clock_may_stand_behind(play: Playground, tmp_path: Path) -> None:
    await play.control("reset", {"clock": 1_600_000_000})
    path = tmp_path / "archive.ndjson"
    path.write_text((await play.http.get("/_sandbox/archive")).text)

    begun = build(None, begin_with=path)
    now = (await begun.control("clock"))["now"]
    await close(begun)

    assert 0 <= now - 1_600_000_000 < DAY
