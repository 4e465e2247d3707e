"""Return on investment: the report, how it is computed, own numbers, and files of it."""

from datetime import date

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.roles import Right
from chenu.core.clock import business_now
from chenu.core.errors import BadInput
from chenu.core.i18n import mark
from chenu.flows.roi.reports import get_roi_report
from chenu.roi.formulas import DEFAULT_HOURLY_RATE
from chenu.roi.periods import RoiPeriod
from chenu.roi.report import RoiSettings
from chenu.roi.settings import HIGHEST_RATE, LOWEST_RATE, RoiSettingsInput, update_settings
from chenu.tiers.catalogue import TierCode
from storefront.access import for_right
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.money_input import parse_euros, parse_minutes, show_euros
from storefront.pages import Page, Pages
from storefront.roi_view import RoiView, make_view, url_of
from storefront.visitor import account_of

_FIELDS = ("hourly_rate", "minutes")


@get("/roi", opt=for_right(Right.READ))
async def show_roi(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    view = await read_view(pages, read_query(request))
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
    """What the URL asks for; the present month without anything. Raises BadInput."""
    today = business_now().date()
    period = _read_period(query) if "period" in query else RoiPeriod.MONTH
    on = _read_day(query) if "on" in query else today
    report = await get_roi_report(account_of(pages.request_context.actor), period, on)
    return await make_view(report, today, pages.locale)


def _read_period(query: Fields) -> RoiPeriod:
    try:
        return RoiPeriod(query.text("period"))
    except ValueError:
        message = mark("Please choose one of: {allowed}")
        raise BadInput(message, path=("period",), allowed=", ".join(RoiPeriod)) from None


def _read_day(query: Fields) -> date:
    try:
        return date.fromisoformat(query.text("on"))
    except ValueError:
        raise BadInput("Please enter a date such as 2026-12-31", path=("on",)) from None


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
async def show_how(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The same numbers, step by step."""
    view = await read_view(pages, read_query(request))
    actor = pages.request_context.actor
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
