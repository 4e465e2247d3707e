"""ENTERPRISE: asking for an offer, the queue of those who asked, and the contracts."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import AccountId, ActorKind
from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.queries import find_account
from chenu.accounts.users import get_user
from chenu.billing.contracts import ContractId, get_contract, list_contracts
from chenu.billing.recurring import BillingInterval
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.core.paging import Key
from chenu.flows.sla.report import list_contract_months
from chenu.flows.subscriptions.contracts import ContractInput, end_contract, enter_contract
from chenu.support.inquiries import (
    InquiryId,
    InquiryInput,
    InquiryRow,
    ask_for_offer,
    close_inquiry,
    list_inquiries,
)
from storefront.access import FINANCE, PUBLIC, SUPPORT
from storefront.forms import (
    REFUSALS,
    REFUSED_TRIES,
    Fields,
    FormView,
    HttpRequest,
    keep,
    read_form,
    read_query,
)
from storefront.money_input import parse_euros
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.routes.sessions import with_retry
from storefront.typed_values import read_number, require_day

_PAGE_SIZE = 25
_ASKED = ("name", "company", "email", "seats", "message")
_CONTRACT = (
    "reference",
    "amount",
    "billing_interval",
    "seats",
    "api_calls",
    "api_rate",
    "starts_at",
    "ends_at",
    "reason",
)


@get("/enterprise", opt=PUBLIC)
async def show_enterprise(pages: NamedDependency[Pages]) -> Page:
    """Who is signed in need not type name and address again."""
    actor = pages.request_context.actor
    known = {}
    if actor.kind is ActorKind.SESSION:
        person = await get_user(actor.require_user())
        known = {"name": person.display_name, "email": person.email}
    return pages.show("enterprise/page.html", form=FormView("offer", known))


@post("/enterprise", opt=PUBLIC)
async def ask(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        if not fields.text("website"):  # a field that people do not see
            await ask_for_offer(pages.request_context.actor, _read_inquiry(fields, pages))
    except REFUSED_TRIES as error:
        form = pages.refused("offer", keep(fields, _ASKED), error)
        return with_retry(pages.show("enterprise/page.html", pages.status(error), form=form), error)
    return pages.go("/enterprise?notice=offer-asked")


def _read_inquiry(fields: Fields, pages: Pages) -> InquiryInput:
    return InquiryInput(
        name=fields.text("name"),
        company=fields.text("company"),
        email=fields.text("email"),
        seats=read_number(fields.text("seats"), "seats"),
        message=fields.text("message"),
        locale=pages.locale,
    )


@get("/staff/inquiries", opt=SUPPORT)
async def show_inquiries(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    return await _render_inquiries(pages, read_query(request), FormView("inquiry"))


async def _render_inquiries(pages: Pages, query: Fields, form: FormView, status: int = 200) -> Page:
    pager = Pager(pages.cursors.of_list("inquiries"), "/staff/inquiries", _PAGE_SIZE)
    found = await list_inquiries(pager.read(query))
    page = pages.show(
        "staff/inquiries.html",
        status,
        inquiries=found.rows,
        links=pager.links(found, _key),
        form=form,
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "inquiries")])
    return page


def _key(inquiry: InquiryRow) -> Key:
    return (str(inquiry.id), str(inquiry.id))


@post("/staff/inquiries/{inquiry_id:uuid}/close", opt=SUPPORT)
async def close(
    request: HttpRequest, pages: NamedDependency[Pages], inquiry_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), InquiryId(inquiry_id)
    try:
        await close_inquiry(pages.request_context.actor, row_id, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused(f"close-{row_id}", keep(fields, ("reason",)), error)
        return await _render_inquiries(pages, Fields({}), form, pages.status(error))
    return pages.go("/staff/inquiries?notice=inquiry-closed")


@get("/staff/customers/{account_id:uuid}/contracts", opt=FINANCE)
async def show_contracts(pages: NamedDependency[Pages], account_id: FromPath[UUID]) -> Page:
    return await render_contracts(pages, AccountId(account_id), FormView("contract"))


async def render_contracts(
    pages: Pages, account_id: AccountId, form: FormView, status: int = 200
) -> Page:
    account = await find_account(account_id)
    if account is None:
        raise NotFound("There is no such account")
    page = pages.show(
        "staff/contracts.html",
        status,
        account=account,
        contracts=await list_contracts(account_id),
        months=await list_contract_months(account_id),
        today=business_now().date().isoformat(),
        form=form,
        contract_form=form if form.name == "contract" else FormView("contract"),
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("contracts", account_id)])
    return page


@post("/staff/customers/{account_id:uuid}/contracts", opt=FINANCE)
async def enter(
    request: HttpRequest, pages: NamedDependency[Pages], account_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), AccountId(account_id)
    try:
        actor, reason = pages.request_context.actor, fields.text("reason")
        await enter_contract(actor, row_id, _read_contract(fields), reason)
    except REFUSALS as error:
        form = pages.refused("contract", keep(fields, _CONTRACT), error)
        return await render_contracts(pages, row_id, form, pages.status(error))
    return pages.go(f"/staff/customers/{row_id}/contracts?notice=contract-entered")


def _read_contract(fields: Fields) -> ContractInput:
    return ContractInput(
        reference=fields.text("reference"),
        amount=Cents(parse_euros(fields.text("amount"), "amount")),
        billing_interval=fields.read_choice("billing_interval", BillingInterval),
        seats=read_number(fields.text("seats"), "seats"),
        api_calls=read_number(fields.text("api_calls"), "api_calls"),
        api_rate=read_number(fields.text("api_rate"), "api_rate"),
        starts_at=require_day(fields.text("starts_at"), "starts_at"),
        ends_at=require_day(fields.text("ends_at"), "ends_at"),
    )


@post("/staff/contracts/{contract_id:uuid}/end", opt=FINANCE)
async def end(
    request: HttpRequest, pages: NamedDependency[Pages], contract_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), ContractId(contract_id)
    account_id = (await get_contract(row_id)).account_id
    try:
        await end_contract(pages.request_context.actor, row_id, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused(f"end-{row_id}", keep(fields, ("reason",)), error)
        return await render_contracts(pages, account_id, form, pages.status(error))
    return pages.go(f"/staff/customers/{account_id}/contracts?notice=contract-ended")
