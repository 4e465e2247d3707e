"""The movements of the book of 20 customers, each to the cent, with their arithmetic."""

import pytest

from chenu.analytics.model import MovementKind
from chenu.analytics.movements import MovementRow, list_account_movements, list_movements
from chenu.analytics.rollup import (
    get_mrr_on,
    list_cohorts,
    list_month_ends,
    list_month_movements,
    list_month_trials,
)
from chenu.core.months import Month
from chenu.core.paging import PageRequest
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from tests.analytics.book import CUSTOMERS, LAST, read_book
from tests.database import OwnedDatabase
from tests.people import Person

FEBRUARY, MARCH, APRIL, MAY, JUNE, JULY = (Month(2027, number) for number in range(2, 8))
NEW, REACTIVATION, EXPANSION, CONTRACTION, CHURN = MovementKind

# opening, new, reactivation, expansion, contraction, churn, closing; customers of all but the
# expansion and contraction
MONTHS = {
    # ada 900, bob 2900, cara 99000 / 12 = 8250, dan 9000 / 12 = 750, eve 2900 after her trial, gil
    # 900: a coupon for one invoice takes nothing off. Fay is on trial.
    FEBRUARY: ((0, 16600, 0, 0, 0, 0, 16600), (0, 6, 0, 0, 6)),
    # hana 2900 * 80 % = 2320, ivan 2900 * 70 % = 2030, jade 900, karl 9900, lea 2900, max 900,
    # nina 2900
    MARCH: ((16600, 21850, 0, 0, 0, 0, 38450), (6, 7, 0, 0, 13)),
    # new: omar 900, pia 2900. jade 2900 - 900 = 2000 more. Churn: lea 2900, paused; nina 2900,
    # never paid. Max pays on the third day, and what is returned to omar is no MRR: both stay.
    APRIL: ((38450, 3800, 0, 2000, 0, 5800, 38450), (13, 2, 0, 2, 13)),
    # new: quin's API plan 4900, rosa's contract 120000 / 12 = 10000. Lea goes on with 2900. karl
    # 9900 - 2900 = 7000 less. Pia's 2900 end.
    MAY: ((38450, 14900, 2900, 0, 7000, 2900, 46350), (13, 2, 1, 1, 15)),
    # new: sam 900, tess 29000 / 12 = 2416.67. ivan 2900 - 2030 = 870 more, quin's STARTER 900.
    JUNE: ((46350, 3317, 0, 1770, 0, 0, 51437), (15, 2, 0, 0, 17)),
    # Pia is back with 900. tess 8250 - 2417 = 5833 more. rosa's contract 10000 ends.
    JULY: ((51437, 0, 900, 5833, 0, 10000, 48170), (17, 0, 1, 1, 17)),
}
# Net and the discounts: hana's 580, until June ivan's 870; customers; those on trial.
TOTALS = {
    FEBRUARY: (16600, 16600, 6, 1),
    MARCH: (38450, 38450 + 580 + 870, 13, 0),
    APRIL: (38450, 38450 + 580 + 870, 13, 0),
    MAY: (46350, 46350 + 580 + 870, 15, 0),
    JUNE: (51437, 51437 + 580, 17, 0),
    JULY: (48170, 48170 + 580, 17, 0),
}
# Started, converted, lapsed: eve and fay; sam.
TRIALS = {FEBRUARY: (2, 1, 0), MARCH: (0, 0, 1), APRIL: (0, 0, 0), MAY: (1, 0, 1)}
COHORTS = {
    FEBRUARY: ((6, 6, 6, 6, 6, 6), (16600,) * 6),
    # April: lea and nina go, jade has 2000 more; May: lea is back, karl has 7000 less; June: ivan
    MARCH: ((7, 5, 6, 6, 6), (21850, 18050, 13950, 14820, 14820)),
    # May: pia goes; July: back with 900
    APRIL: ((2, 1, 1, 2), (3800, 900, 900, 1800)),
    # June: quin has 900 more; July: rosa's contract ends
    MAY: ((2, 2, 1), (14900, 15800, 5800)),
    # July: tess has 5833 more
    JUNE: ((2, 2), (3317, 9150)),
    JULY: ((0,), (0,)),
}
OF_CUSTOMERS = {
    "ada": [(NEW, 0, 900)],
    "bob": [(NEW, 0, 2900)],
    "cara": [(NEW, 0, 8250)],
    "dan": [(NEW, 0, 750)],
    "eve": [(NEW, 0, 2900)],
    "fay": [],
    "gil": [(NEW, 0, 900)],
    "hana": [(NEW, 0, 2320)],
    "ivan": [(NEW, 0, 2030), (EXPANSION, 2030, 2900)],
    "jade": [(NEW, 0, 900), (EXPANSION, 900, 2900)],
    "karl": [(NEW, 0, 9900), (CONTRACTION, 9900, 2900)],
    "lea": [(NEW, 0, 2900), (CHURN, 2900, 0), (REACTIVATION, 0, 2900)],
    "max": [(NEW, 0, 900)],
    "nina": [(NEW, 0, 2900), (CHURN, 2900, 0)],
    "omar": [(NEW, 0, 900)],
    "pia": [(NEW, 0, 2900), (CHURN, 2900, 0), (REACTIVATION, 0, 900)],
    "quin": [(NEW, 0, 4900), (EXPANSION, 4900, 5800)],
    "rosa": [(NEW, 0, 10000), (CHURN, 10000, 0)],
    "sam": [(NEW, 0, 900)],
    "tess": [(NEW, 0, 2417), (EXPANSION, 2417, 8250)],
}


@pytest.fixture
async def people(services: Services, database: OwnedDatabase) -> dict[str, Person]:
    return dict(await read_book(services, database))


async def test_every_month_has_the_movements_of_the_book(people: dict[str, Person]) -> None:
    found = await list_month_movements(FEBRUARY, JULY)

    amounts = {
        each.month: (
            *(each.opening, each.new, each.reactivation, each.expansion, each.contraction),
            *(each.churn, each.closing),
        )
        for each in found
    }
    customers = {
        each.month: (
            *(each.opening_customers, each.new_customers, each.reactivated_customers),
            *(each.churned_customers, each.closing_customers),
        )
        for each in found
    }
    assert amounts == {month: expected for month, (expected, _) in MONTHS.items()}
    assert customers == {month: expected for month, (_, expected) in MONTHS.items()}
    assert people.keys() >= set(CUSTOMERS)


async def test_every_customer_has_the_movements_of_the_book(people: dict[str, Person]) -> None:
    found = {}
    for name in CUSTOMERS:
        account_id = people[name].actor.account_id
        assert account_id is not None
        rows = (await list_account_movements(account_id, PageRequest(20))).rows
        found[name] = [(row.kind, row.mrr_before, row.mrr_after) for row in reversed(rows)]

    assert found == OF_CUSTOMERS


async def test_every_month_ends_with_the_totals_of_the_book(people: dict[str, Person]) -> None:
    ends = await list_month_ends(FEBRUARY, JULY)
    trials = await list_month_trials(FEBRUARY, MAY)

    found = {month: (t.mrr, t.gross, t.customers, t.trialing) for month, t in ends}
    assert found == TOTALS
    assert {each.month: (each.started, each.converted, each.lapsed) for each in trials} == TRIALS
    assert await get_mrr_on(LAST) == dict(ends)[JULY]


async def test_every_cohort_is_that_of_the_book(people: dict[str, Person]) -> None:
    found = await list_cohorts(JULY, 6)

    assert {each.month: (each.customers, each.mrr) for each in found} == COHORTS


async def test_the_rows_behind_a_month_are_those_of_its_customers(
    people: dict[str, Person],
) -> None:
    names = {person.actor.account_id: name for name, person in people.items()}

    churned = await list_movements(APRIL, CHURN, PageRequest(1))
    rest = await list_movements(APRIL, CHURN, PageRequest(5, _key(churned.rows[-1])))
    whole = await list_movements(APRIL, None, PageRequest(50))

    rows = [*churned.rows, *rest.rows]
    assert [names[row.account_id] for row in rows] == ["lea", "nina"]
    assert sum(row.change for row in whole.rows) == 38450 - 38450
    assert len(whole.rows) == 5


def _key(row: MovementRow) -> tuple[str, str]:
    return row.moved_at.isoformat(), str(row.id)


async def test_the_books_hold_on_the_book(people: dict[str, Person]) -> None:
    assert [found for found in await check_books() if not found.ok] == []
