"""The withdrawal function of EU law: one link in every footer, two steps, signed in or not.

Directive 2011/83/EU art. 11a; docs/decisions/0027.
"""

import asyncio
from datetime import datetime
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import Actor, ActorKind
from chenu.accounts.roles import Right
from chenu.accounts.users import get_user
from chenu.core.clock import business_now
from chenu.core.errors import RateLimited
from chenu.flows.services import Services
from chenu.flows.withdrawal_contracts import Contract, Estimate
from chenu.flows.withdrawals.declare import (
    StatementInput,
    check_statement,
    declare,
    declare_own,
    get_own_contract,
)
from chenu.flows.withdrawals.sources import list_contracts, source_of
from chenu.support.withdrawals import list_statements_of_account
from storefront.access import PUBLIC, for_right
from storefront.forms import REFUSALS, REFUSED_TRIES, Fields, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.visitor import account_of

_FIELDS = ("name", "contract", "email")


@get("/account/withdraw", opt=PUBLIC)
async def show_function(pages: NamedDependency[Pages]) -> Page:
    return await _render(pages, FormView("withdraw", await _prefill(pages.request_context.actor)))


async def _prefill(actor: Actor) -> dict[str, str]:
    """Nobody writes what we know."""
    if actor.kind is not ActorKind.SESSION:
        return {}
    user = await get_user(actor.require_user())
    return {"name": user.display_name, "email": user.email}


async def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    is_own = actor.kind is ActorKind.SESSION and actor.has_right(Right.MANAGE_PLAN)
    now = business_now()
    contracts = await list_contracts(account_of(actor)) if is_own else []
    estimates = await asyncio.gather(*(_estimate(contract, now) for contract in contracts))
    return pages.show(
        "withdraw/page.html",
        status,
        form=form,
        is_own=is_own,
        contracts=list(zip(contracts, estimates, strict=True)),
        now=now,
        statements=await list_statements_of_account(account_of(actor)) if is_own else [],
    )


async def _estimate(contract: Contract, at: datetime) -> Estimate:
    return await source_of(contract).estimate(contract, at)


@post("/account/withdraw", opt=PUBLIC)
async def check(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The second step: what was written, to be confirmed. Nothing is stored yet."""
    fields = await read_form(request)
    data = _read_statement(fields, pages)
    try:
        check_statement(data)
    except REFUSALS as error:
        form = pages.refused("withdraw", keep(fields, _FIELDS), error)
        return await _render(pages, form, pages.status(error))
    return pages.show("withdraw/confirm.html", statement=data)


@post("/account/withdraw/confirm", opt=PUBLIC)
async def confirm(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The same answer whether there is such a contract or not."""
    fields = await read_form(request)
    try:
        await declare(_read_statement(fields, pages), pages.request_context.actor.ip)
    except REFUSED_TRIES as error:
        form = pages.refused("withdraw", keep(fields, _FIELDS), error)
        page = await _render(pages, form, pages.status(error))
        if isinstance(error, RateLimited):
            page.headers["Retry-After"] = str(error.retry_after)
        return page
    return pages.go("/account/withdraw?notice=withdrawn")


def _read_statement(fields: Fields, pages: Pages) -> StatementInput:
    name, contract, email = (fields.text(each) for each in _FIELDS)
    return StatementInput(name, contract, email, pages.locale)


@get("/account/withdraw/{subject_id:uuid}", opt=for_right(Right.MANAGE_PLAN))
async def show_contract(pages: NamedDependency[Pages], subject_id: FromPath[UUID]) -> Page:
    """The second step for a contract of one's own."""
    return await _render_contract(pages, subject_id, FormView("withdraw"))


async def _render_contract(
    pages: Pages, contract_id: UUID, form: FormView, status: int = 200
) -> Page:
    account_id, now = account_of(pages.request_context.actor), business_now()
    contract = await get_own_contract(account_id, contract_id)
    return pages.show(
        "withdraw/contract.html",
        status,
        contract=contract,
        is_open=contract.is_open(now),
        estimate=await _estimate(contract, now),
        form=form,
    )


@post("/account/withdraw/{subject_id:uuid}", opt=for_right(Right.MANAGE_PLAN))
async def confirm_own(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    subject_id: FromPath[UUID],
) -> Page:
    try:
        await declare_own(services, pages.request_context.actor, subject_id)
    except REFUSED_TRIES as error:
        form = pages.refused("withdraw", {}, error)
        page = await _render_contract(pages, subject_id, form, pages.status(error))
        if isinstance(error, RateLimited):
            page.headers["Retry-After"] = str(error.retry_after)
        return page
    return pages.go("/account/withdraw?notice=withdrawn-own")
