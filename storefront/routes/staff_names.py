"""Names of a customer: mail domains and hosts, which the support desk confirms or releases."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import AccountId
from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.queries import find_account
from chenu.core.errors import Invalid, NotFound
from chenu.core.i18n import mark
from chenu.core.ids import find_id
from chenu.domains.domains import get_domain, list_domains
from chenu.domains.model import DomainId, NameKind
from chenu.domains.proving import confirm_name, release_name
from storefront.access import SUPPORT
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages

_PATH = "/staff/customers/{account_id:uuid}/names"


@get(_PATH, opt=SUPPORT)
async def show_names(pages: NamedDependency[Pages], account_id: FromPath[UUID]) -> Page:
    return await _render(pages, AccountId(account_id), FormView("names"))


async def _render(pages: Pages, account_id: AccountId, form: FormView, status: int = 200) -> Page:
    account = await find_account(account_id)
    if account is None:
        raise NotFound("There is no such account")
    names = [each for kind in NameKind for each in await list_domains(account_id, kind)]
    page = pages.show("staff/names.html", status, account=account, names=names, form=form)
    read = StaffRead("names", account_id)
    await record_staff_reads(pages.request_context.actor, [read])
    return page


@post(_PATH, opt=SUPPORT)
async def decide_name(
    request: HttpRequest, pages: NamedDependency[Pages], account_id: FromPath[UUID]
) -> Page:
    fields = await read_form(request)
    try:
        await _decide(pages, AccountId(account_id), fields)
    except REFUSALS as error:
        name = f"name-{fields.text('name')}"
        form = pages.refused(name, keep(fields, ("reason",)), error)
        return await _render(pages, AccountId(account_id), form, pages.status(error))
    return pages.go(f"/staff/customers/{account_id}/names?notice=name-decided")


async def _decide(pages: Pages, account_id: AccountId, fields: Fields) -> None:
    domain_id = find_id(fields.text("name"))
    if domain_id is None:
        raise Invalid(mark("Please choose one of the names"), path=("name",))
    row = await get_domain(account_id, DomainId(domain_id))
    actor, reason = pages.request_context.actor, fields.text("reason")
    decide = release_name if fields.text("decision") == "release" else confirm_name
    await decide(actor, row.id, reason)
