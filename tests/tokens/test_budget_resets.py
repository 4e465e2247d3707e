"""When the next budget of tokens is granted: from the plan's first day, else the account's."""

from datetime import UTC, datetime

import pytest

from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature
from chenu.tokens.entitlements import get_entitlements
from tests.people import make_person
from tests.rows import put


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "now", "resets_at"),
    [
        (None, None, "2026-03-10", "2026-03-15"),
        ("2026-01-31T09:30", "2026-02-28T09:30", "2026-02-10", "2026-02-28T09:30"),
        ("2026-02-28T09:30", "2026-03-31T09:30", "2026-03-10", "2026-03-31T09:30"),
        ("2026-01-31T09:30", "2027-01-31T09:30", "2026-02-10", "2026-02-28T09:30"),
        ("2026-01-31T09:30", "2027-01-31T09:30", "2027-01-31T05:00", "2027-01-31T09:30"),
        ("2026-03-01T09:30", "2026-03-15T09:30", "2026-03-10", "2026-03-15T09:30"),
        ("2026-01-31T09:30", "2026-02-28T09:30", "2026-03-01", "2026-03-31T09:30"),
    ],
    ids=["free", "month", "short", "year", "last day", "trial", "renewal is late"],
)
async def test_a_budget_is_granted_from_the_first_day_of_the_period(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    start: str | None,
    end: str | None,
    now: str,
    resets_at: str,
) -> None:
    person = await make_person("zoe")
    assert person.actor.account_id is not None
    sql = "UPDATE account SET period_start = $1, period_end = $2"
    await db.execute(sql, start and at(start), end and at(end))
    await put("token_budget", "anchor_at", at("2025-12-15"))
    monkeypatch.setattr("chenu.tokens.entitlements.business_now", lambda: at(now))

    found = (await get_entitlements(person.actor.account_id)).of(Feature.TOKENS)

    assert found.resets_at == at(resets_at)
