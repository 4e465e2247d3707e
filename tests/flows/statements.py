"""Months of creators, for tests of their statements."""

from chenu.agents.legal_details import save_legal_details
from chenu.agents.model import CreatorId
from chenu.agents.queries import find_creator_of
from chenu.agents.statements import StatementRow, list_statements
from chenu.core.clock import CLOCK, business_now, system_now
from chenu.core.months import month_of
from chenu.core.paging import PageRequest
from chenu.flows.creators.statements import make_due_statements
from chenu.flows.services import Services
from tests.agents.legal import COMPANY
from tests.people import Person, sign_in_again


def next_month() -> None:
    """The business clock goes on to the first of the next month, at seven."""
    moment = month_of(business_now()).end.replace(hour=7)
    CLOCK.move_to_offset(moment - system_now())


async def tell_legal_details(person: Person) -> None:
    fresh = await sign_in_again(person.user_id, person.email)
    await save_legal_details(fresh.actor, COMPANY)


async def creator_of(person: Person) -> CreatorId:
    found = await find_creator_of(person.user_id)
    assert found is not None
    return found.id


async def statements_of(person: Person) -> list[StatementRow]:
    """The oldest first."""
    page = await list_statements(await creator_of(person), PageRequest(50))
    return list(page.rows)[::-1]


async def make_statement(services: Services, person: Person) -> StatementRow:
    """The last, of what has moved until now."""
    await tell_legal_details(person)
    next_month()
    await make_due_statements(services)
    return (await statements_of(person))[-1]
