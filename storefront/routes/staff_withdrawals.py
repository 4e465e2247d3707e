"""Statements of withdrawal that need a person: the queue, and the contract meant or why not."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.core.errors import BrokenRequest, Invalid
from chenu.core.i18n import mark
from chenu.core.paging import Key
from chenu.flows.services import Services
from chenu.flows.withdrawals.desk import execute_statement, list_candidates, refuse_statement
from chenu.support.withdrawals import (
    StatementId,
    StatementRow,
    get_statement,
    list_waiting_statements,
)
from storefront.access import SUPPORT
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager

_PAGE_SIZE = 25
_REFUSED = (*REFUSALS, BrokenRequest)


@get("/staff/withdrawals", opt=SUPPORT)
async def show_queue(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    pager = Pager(pages.cursors.of_list("withdrawals"), "/staff/withdrawals", _PAGE_SIZE)
    waiting = await list_waiting_statements(pager.read(read_query(request)))
    page = pages.show(
        "staff/withdrawals.html", waiting=waiting.rows, links=pager.links(waiting, _key)
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "withdrawals")])
    return page


def _key(statement: StatementRow) -> Key:
    return (str(statement.id), str(statement.id))


@get("/staff/withdrawals/{statement_id:uuid}", opt=SUPPORT)
async def show_statement(pages: NamedDependency[Pages], statement_id: FromPath[UUID]) -> Page:
    return await _render(pages, StatementId(statement_id), FormView("refuse"))


async def _render(
    pages: Pages, statement_id: StatementId, form: FormView, status: int = 200
) -> Page:
    statement = await get_statement(statement_id)
    page = pages.show(
        "staff/withdrawal.html",
        status,
        statement=statement,
        candidates=await list_candidates(statement) if statement.is_waiting else [],
        form=form,
    )
    reads = [StaffRead("withdrawal", statement.id)]
    await record_staff_reads(pages.request_context.actor, reads)
    return page


@post("/staff/withdrawals/{statement_id:uuid}/execute", opt=SUPPORT)
async def execute(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    statement_id: FromPath[UUID],
) -> Page:
    fields, row_id = await read_form(request), StatementId(statement_id)
    await get_statement(row_id)
    try:
        contract_id = _read_id(fields.text("contract_id"))
        actor, reason = pages.request_context.actor, fields.text("reason")
        await execute_statement(services, actor, row_id, contract_id, reason)
    except _REFUSED as error:
        typed = keep(fields, ("contract_id", "reason"))
        name = f"execute-{fields.text('contract_id')}"
        form = pages.refused(name, typed, error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go("/staff/withdrawals?notice=withdrawal-executed")


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        message = mark("Please choose one of the contracts below")
        raise Invalid(message, path=("contract_id",)) from None


@post("/staff/withdrawals/{statement_id:uuid}/refuse", opt=SUPPORT)
async def refuse(
    request: HttpRequest, pages: NamedDependency[Pages], statement_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), StatementId(statement_id)
    await get_statement(row_id)
    try:
        await refuse_statement(pages.request_context.actor, row_id, fields.text("reason"))
    except _REFUSED as error:
        form = pages.refused("refuse", keep(fields, ("reason",)), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go("/staff/withdrawals?notice=withdrawal-refused")
