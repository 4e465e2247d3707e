"""What is read of a statement, over a schema of four tables."""

import pytest

from chenu.core.distribution import Distributed, Function, Local, Reference
from tests.distribution.judging import Judge, Reach
from tests.distribution.terms import Schema

PLACEMENTS = (
    Distributed("sale", "account", "a test"),
    Distributed("entry", "account_id", "a test"),
    Distributed("click", "link", "a test", group="link"),
    Reference("agent", "a test"),
    Local("job", "a test"),
)
JUDGE = Judge(
    Schema(
        {
            "sale": ("id", "account", "agent", "state"),
            "entry": ("id", "account_id", "sale", "amount"),
            "click": ("id", "link"),
            "agent": ("id", "name"),
            "job": ("id", "sale"),
        },
        {"sale_fact": "SELECT id, account AS buyer FROM sale"},
        {"spend": ("amount", "owner"), "spend_all": ("owners",), "end_sale": ("id",)},
    ),
    {each.table: each for each in PLACEMENTS},
    {
        each.name: each
        for each in (
            Function("spend", "owner"),
            Function("spend_all", "owners"),
            Function("end_sale", None),
        )
    },
)


def reach(sql: str) -> Reach:
    return JUDGE.judge(sql).reach


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM sale WHERE account = $1 AND id = $2",
        "SELECT e.id FROM sale s JOIN entry e ON e.account_id = s.account WHERE s.account = $1",
        "SELECT s.id FROM sale s JOIN agent a ON a.id = s.agent WHERE account = $1::uuid",
        "SELECT 1 FROM sale s WHERE account = $1"
        " AND EXISTS (SELECT FROM entry WHERE account_id = s.account)",
        "SELECT (SELECT sum(amount) FROM entry e WHERE e.account_id = s.account)"
        " FROM sale s WHERE s.account IN ($1)",
        "WITH mine AS (SELECT id, account FROM sale WHERE account = $1)"
        " SELECT m.id FROM mine m JOIN entry e ON e.account_id = m.account",
        "SELECT id FROM sale_fact WHERE buyer = $1",
        "SELECT s.id FROM (SELECT $1::uuid AS own) o JOIN sale s ON s.account = o.own",
        "INSERT INTO entry (id, account_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        "INSERT INTO entry (id, account_id) SELECT id, account FROM sale WHERE account = $1",
        "UPDATE sale s SET state = $2 FROM entry e"
        " WHERE e.account_id = s.account AND e.account_id = $1",
        "DELETE FROM sale WHERE account = 'a' AND id = ANY($1)",
        "SELECT spend($1, $2)",
        "SELECT spend($1, s.account) FROM sale s WHERE s.account = $2",
    ],
)
def test_a_statement_that_gives_the_account_stays_on_one_node(sql: str) -> None:
    assert reach(sql) is Reach.SINGLE


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM sale WHERE id = $1",
        "SELECT id FROM sale WHERE account = $1 OR id = $2",
        "SELECT id FROM sale WHERE account <> $1",
        "SELECT id FROM sale s WHERE NOT EXISTS"
        " (SELECT FROM entry e WHERE e.account_id = $1 AND e.account_id = s.account)",
        "SELECT id FROM sale s WHERE account = $1"
        " AND EXISTS (SELECT FROM entry e WHERE e.sale = s.id)",
        "SELECT s.id FROM sale s JOIN entry e ON e.sale = s.id WHERE s.account = $1",
        "SELECT s.id FROM sale s JOIN entry e ON e.account_id = $2 WHERE s.account = $1",
        "SELECT s.id FROM sale s JOIN job j ON j.sale = s.id WHERE s.account = $1",
        "SELECT s.id FROM sale s JOIN click c ON c.link = s.account WHERE s.account = $1",
        "SELECT id FROM sale WHERE account = $1 UNION SELECT sale FROM entry WHERE amount > $2",
        "WITH gone AS (DELETE FROM sale WHERE account = $1 RETURNING id)"
        " INSERT INTO job (id, sale) SELECT gen_random_uuid(), id FROM gone",
        "INSERT INTO entry (id, amount) VALUES ($1, $2)",
        "SELECT id FROM sale_fact WHERE id = $1",
        "SELECT end_sale($1)",
        "SELECT spend($1, s.account) FROM sale s WHERE s.id = $2",
    ],
)
def test_a_statement_that_does_not_asks_every_node(sql: str) -> None:
    assert reach(sql) is Reach.CROSS


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM sale WHERE account = ANY($1::uuid[])",
        "SELECT id FROM sale WHERE account IN ($1, $2)",
        "SELECT o.id FROM unnest($1::uuid[]) AS o (id) JOIN sale s ON s.account = o.id",
        "INSERT INTO entry (id, account_id) SELECT gen_random_uuid(), owner"
        " FROM unnest($1::uuid[], $2::bigint[]) AS new (owner, amount)",
        "SELECT * FROM spend_all($1)",
    ],
)
def test_an_array_of_accounts_goes_to_their_nodes(sql: str) -> None:
    assert reach(sql) is Reach.SEVERAL


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id FROM agent WHERE name = $1", Reach.REFERENCE),
        ("SELECT j.id FROM job j JOIN agent a ON a.id = j.id", Reach.LOCAL),
        ("SELECT 1", Reach.NOTHING),
        ("BEGIN", Reach.NOTHING),
    ],
)
def test_other_tables_are_where_everybody_or_the_coordinator_has_them(
    sql: str, expected: Reach
) -> None:
    assert reach(sql) is expected


def test_a_statement_is_named_by_what_it_compares() -> None:
    verdict = JUDGE.judge("UPDATE sale SET state = $2 WHERE id = $1 AND state = 'OPEN'")

    assert verdict.shape == "UPDATE sale(id)"
