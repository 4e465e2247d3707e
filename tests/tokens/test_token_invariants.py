"""What must hold between grants, entries, holds and books: seen when it does not."""

import pytest

from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import GrantKind
from chenu.tokens.holds import settle_hold
from tests.conftest import Engines
from tests.rows import unguarded
from tests.tokens.granting import give, hold, list_violations, make_account, revoke, spend


@pytest.mark.parametrize(
    ("tampering", "name"),
    [
        ("UPDATE token_grant SET remaining = remaining - 1 WHERE remaining > 0", "I9"),
        ("UPDATE token_grant SET held = held - 1 WHERE held > 0", "I9"),
        ("UPDATE token_grant SET is_open = true", "I9"),
        ("UPDATE token_entry SET account_id = gen_random_uuid()", "I9"),
        ("DELETE FROM token_entry WHERE kind = 'SPEND'", "I9"),
        ("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'TOKEN_WALLET'", "I9w"),
        ("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'TOKEN_WALLET'", "I2"),
        ("UPDATE ledger_account SET balance = balance - 1 WHERE kind = 'TOKEN_RECEIVABLE'", "I9w"),
        ("UPDATE ledger_account SET balance = balance - 1 WHERE kind = 'TOKEN_HOLDS'", "I9w"),
        ("UPDATE ledger_entry SET amount = amount + 1 WHERE amount > 0", "I9b"),
        ("UPDATE token_hold SET used = used + 1 WHERE used > 0", "I9h"),
        ("UPDATE token_hold SET status = 'SETTLED'", "I9h"),
        ("UPDATE token_entry SET balance_after = balance_after + 1", "I9e"),
        ("UPDATE token_budget_period SET granted = granted + 1", "I9p"),
        ("UPDATE token_budget_period SET carried = carried + 1", "I9p"),
        ("UPDATE token_budget_period SET ends_at = ends_at - interval '1 day'", "I9p"),
        ("UPDATE token_grant SET source_id = NULL WHERE kind = 'MONTHLY'", "I9p"),
        ("UPDATE token_grant SET kind = 'TRIAL' WHERE kind = 'MONTHLY'", "I9p"),
    ],
)
async def test_a_violation_is_reported(
    services: Services, engines: Engines, tampering: str, name: str
) -> None:
    account_id = await make_account("ada")
    await give(account_id, 100, GrantKind.PACK)
    await give(account_id, 5, GrantKind.MONTHLY, days=30)
    await give(account_id, 50, GrantKind.PROMOTION, agent_id=new_id())
    settled, _ = await hold(account_id, 30)
    await settle_hold(account_id, settled, Tokens(20))
    await spend(account_id, 30)
    await hold(account_id, 40)
    indebted = await make_account("bob")
    pack = await give(indebted, 100, GrantKind.PACK)
    await spend(indebted, 60)
    await revoke(pack.id, 100, "dispute", debt=True)
    assert await list_violations() == []

    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    assert name in await list_violations()
