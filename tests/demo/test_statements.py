"""The demo's creators have legal names, and statements of the months behind them."""

import pytest

from chenu.demo.catalogue import load_creators
from tests.demo.rows import rows_of
from tests.demo.running import RunningDemo

pytestmark = pytest.mark.engines


def test_every_creator_has_legal_details(demo: RunningDemo) -> None:
    silent = rows_of(
        demo,
        """
        SELECT handle FROM creator c WHERE NOT EXISTS
            (SELECT 1 FROM creator_legal_details d WHERE d.creator = c.id)
        """,
    )

    sellers = {creator.handle for creator in load_creators()}
    assert sellers & {handle for (handle,) in silent} == set()


def test_each_closed_month_with_sales_has_its_statement(demo: RunningDemo) -> None:
    made = rows_of(demo, "SELECT number, net, transferred FROM self_billing_statement")
    missing = rows_of(
        demo,
        """
        SELECT DISTINCT c.handle, date_trunc('month', t.business_at AT TIME ZONE 'UTC') AS month
        FROM creator c
        JOIN ledger_account a ON a.owner_id = c.id AND a.asset = 'EUR'
        JOIN ledger_entry e ON e.ledger_account_id = a.id
        JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE NOT EXISTS (SELECT 1 FROM self_billing_statement s WHERE s.creator = c.id
            AND s.month = date_trunc('month', t.business_at AT TIME ZONE 'UTC')::date)
        AND t.business_at < date_trunc('month', (SELECT max(business_at)
            FROM ledger_transaction) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
        """,
    )

    assert made
    assert missing == []
    assert any(net > 0 for _, net, _ in made)
