"""What the meter on each page shows: the balance and the budget of the month, in one statement."""

from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.ledger.amounts import Tokens
from chenu.tokens.budgets import settle_due_budget

LOW_PERCENT = 80


class TokenMeter(msgspec.Struct, frozen=True):
    """`available` below zero: a debt. `budget` 0: there is none now. `resets_at`: its end."""

    available: Tokens
    budget: Tokens
    used: Tokens
    resets_at: datetime | None

    @property
    def is_low(self) -> bool:
        return 0 < self.budget * LOW_PERCENT <= self.used * 100

    @property
    def is_used_up(self) -> bool:
        return 0 < self.budget <= self.used


# What has expired is no part of it, though its entry may not be written yet.
# The budget is the plan's, where one from before it still runs beside.
_METER = """
    WITH budget AS (SELECT id, granted, ends_at FROM token_budget_period
        WHERE account = $1 AND ended_at IS NULL AND ends_at > $2
        ORDER BY source = 'ACCOUNT' LIMIT 1)
    SELECT (token_balance($1) - coalesce((SELECT sum(remaining) FROM token_grant
            WHERE account = $1 AND is_open AND agent IS NULL AND expires_at <= $2), 0))::bigint
            AS available,
        coalesce((SELECT granted FROM budget), 0)::bigint AS budget,
        coalesce((SELECT sum(g.spent) FROM token_grant g JOIN budget b ON b.id = g.source_id
            WHERE g.account = $1 AND g.kind IN ('MONTHLY', 'TRIAL')), 0)::bigint AS used,
        (SELECT ends_at FROM budget) AS resets_at
"""


async def read_meter(account_id: AccountId) -> TokenMeter:
    """Where no budget runs, one that is due is granted first."""
    meter = await _read_meter(account_id)
    if not meter.budget and await settle_due_budget(account_id):
        meter = await _read_meter(account_id)
    return meter


async def _read_meter(account_id: AccountId) -> TokenMeter:
    [meter] = await db.fetch_all(TokenMeter, _METER, account_id, business_now())
    return meter
