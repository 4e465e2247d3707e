"""Return on investment: the report, how it is computed, own numbers, and files of it."""

from collections.abc import AsyncIterator, Iterable, Sequence

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Stream

from chenu.accounts.queries import list_accounts
from chenu.accounts.replica_reads import replica_reads
from chenu.accounts.roles import Right
from chenu.core.clock import business_now
from chenu.core.errors import BadInput, Invalid
from chenu.core.staleness import ReadKind
from chenu.flows.roi.reports import get_roi_report
from chenu.flows.services import Services
from chenu.roi.formulas import DEFAULT_HOURLY_RATE
from chenu.roi.periods import RoiPeriod
from chenu.roi.report import RoiSettings
from chenu.roi.settings import HIGHEST_RATE, LOWEST_RATE, RoiSettingsInput, update_settings
from chenu.roi.views import record_view
from chenu.tiers.catalogue import TierCode
from storefront.access import for_right
from storefront.csv_export import Cell, send_csv
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.money_input import parse_euros, parse_minutes, show_euros
from storefront.pages import Page, Pages
from storefront.pdf_documents import PdfDocuments
from storefront.roi_export import list_head, list_rows
from storefront.roi_view import RoiView, make_view, url_of
from storefront.typed_values import require_day
from storefront.visitor import account_of

_FIELDS = ("hourly_rate", "minutes")


@get("/roi", opt=for_right(Right.READ))
async def show_roi(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    actor = pages.request_context.actor
    async with replica_reads(actor, services.recent_writes, ReadKind.FIGURES):
        view = await read_view(pages, read_query(request))
    if actor.impersonator is None:  # staff who look as a customer are not the customer
        await record_view(actor.require_user())
    return _render(pages, view, _fill_form(pages, view.report.settings))


def _render(pages: Pages, view: RoiView, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    return pages.show(
        "roi/page.html",
        status,
        view=view,
        report=view.report,
        form=form,
        url_of=url_of,
        default_rate=DEFAULT_HOURLY_RATE,
        lowest_rate=LOWEST_RATE,
        highest_rate=HIGHEST_RATE,
        may_change=actor.has_right(Right.MANAGE_PLAN),
        has_contract=actor.tier is TierCode.ENTERPRISE,
    )


async def read_view(pages: Pages, query: Fields) -> RoiView:
    """What the URL asks for; the present month without anything. Raises Invalid."""
    today = business_now().date()
    is_named = "period" in query
    period = query.read_choice("period", RoiPeriod) if is_named else RoiPeriod.MONTH
    on = require_day(query.text("on"), "on").date() if "on" in query else today
    try:
        report = await get_roi_report(account_of(pages.request_context.actor), period, on)
    except BadInput as error:  # whose words no page shows
        raise Invalid(error.message, path=error.path, **error.params) from None
    return await make_view(report, today, pages.locale)


def _fill_form(pages: Pages, settings: RoiSettings) -> FormView:
    rate, seconds = settings.hourly_rate, settings.seconds_per_run
    values = {
        "hourly_rate": "" if rate is None else show_euros(rate, pages.locale),
        "minutes": "" if seconds is None else _show_minutes(pages, seconds),
    }
    return FormView("roi", values)


def _show_minutes(pages: Pages, seconds: int) -> str:
    """In the format that `parse_minutes` reads, to the second."""
    minutes, rest = divmod(seconds, 60)
    if not rest:
        return str(minutes)
    return f"{minutes}{',' if pages.locale == 'fr' else '.'}{-(-rest * 1000 // 60):03d}"


@get("/roi/how", opt=for_right(Right.READ))
async def show_how(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """The same numbers, step by step."""
    actor = pages.request_context.actor
    async with replica_reads(actor, services.recent_writes, ReadKind.FIGURES):
        view = await read_view(pages, read_query(request))
    return pages.show(
        "roi/how.html",
        view=view,
        report=view.report,
        may_read_invoices=actor.has_right(Right.READ_INVOICES),
        has_contract=actor.tier is TierCode.ENTERPRISE,
    )


@post("/roi/settings", opt=for_right(Right.MANAGE_PLAN))
async def save_settings(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    typed = await read_form(request)
    try:
        await update_settings(pages.request_context.actor, _read_settings(typed))
    except REFUSALS as refusal:
        form = pages.refused("roi", keep(typed, _FIELDS), refusal)
        return _render(pages, await read_view(pages, Fields({})), form, pages.status(refusal))
    return pages.go("/roi?notice=roi")


def _read_settings(typed: Fields) -> RoiSettingsInput:
    """An empty field: what CHE·NU takes counts."""
    rate, minutes = typed.text("hourly_rate").strip(), typed.text("minutes").strip()
    return RoiSettingsInput(
        parse_euros(rate, "hourly_rate") if rate else None,
        parse_minutes(minutes, "minutes") if minutes else None,
    )


@get("/roi/export.csv", opt=for_right(Right.READ))
async def send_csv_file(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Stream:
    """The same numbers for a spreadsheet, with all agents."""
    actor = pages.request_context.actor
    async with replica_reads(actor, services.recent_writes, ReadKind.EXPORTS):
        view = await read_view(pages, read_query(request))

    async def read() -> AsyncIterator[Iterable[Sequence[Cell]]]:
        yield list_rows(view, pages.locale)

    return send_csv(_name_file(view, "csv"), list_head(pages.locale), read(), pages.locale)


def _name_file(view: RoiView, ending: str) -> str:
    return f"chenu-roi-{view.report.span.first}-{view.report.span.last}.{ending}"


@get("/roi/export.pdf", opt=for_right(Right.READ))
async def send_pdf_file(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    pdf_documents: NamedDependency[PdfDocuments],
    services: NamedDependency[Services],
) -> Page:
    """A document of our own; the page of an error says so where it cannot be made."""
    actor = pages.request_context.actor
    async with replica_reads(actor, services.recent_writes, ReadKind.EXPORTS):
        view = await read_view(pages, read_query(request))
    [account] = await list_accounts([account_of(actor)])
    document = pages.render(
        "roi/document.html",
        view=view,
        report=view.report,
        account_name=account.name,
        has_contract=actor.tier is TierCode.ENTERPRISE,
    )
    return pages.send_pdf(await pdf_documents.make(document), _name_file(view, "pdf"))
