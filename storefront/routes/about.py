"""Public pages that are the same for everybody: the plans, and the versioned legal texts."""

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.documents import CURRENT, Document
from chenu.billing.recurring import BillingInterval
from chenu.core.errors import Invalid
from chenu.tiers.catalogue import TIERS, TRIAL_DAYS
from storefront.access import PUBLIC
from storefront.feature_matrix import feature_rows
from storefront.forms import FormView, HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.plan_offers import (
    find_current_tier,
    list_plan_offers,
    read_interval,
)


@get("/pricing", opt=PUBLIC)
async def show_pricing(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    query = read_query(request)
    try:
        interval = read_interval(query.text("interval"))
    except Invalid as error:
        form = pages.refused("pricing", {}, error)
        return _show_plans(pages, BillingInterval.MONTH, form, pages.status(error))
    return _show_plans(pages, interval, FormView("pricing"))


def _show_plans(pages: Pages, interval: BillingInterval, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    return pages.show(
        "pricing/page.html",
        status,
        form=form,
        interval=interval,
        offers=list_plan_offers(actor, interval),
        current=find_current_tier(actor),
        rows=feature_rows(pages.locale),
        tiers=TIERS,
        trial_days=TRIAL_DAYS,
    )


def _show(pages: Pages, document: Document) -> Page:
    """The current version in the reader's language: a file for each version and language."""
    current = CURRENT[document]
    folder = document.lower()
    return pages.show(
        "documents/page.html",
        document=folder,
        version=current,
        text=f"documents/{folder}/{current.version}.{pages.locale}.html",
    )


@get("/terms", opt=PUBLIC)
async def show_terms(pages: NamedDependency[Pages]) -> Page:
    return _show(pages, Document.TERMS)


@get("/privacy", opt=PUBLIC)
async def show_privacy(pages: NamedDependency[Pages]) -> Page:
    return _show(pages, Document.PRIVACY)


@get("/imprint", opt=PUBLIC)
async def show_imprint(pages: NamedDependency[Pages]) -> Page:
    return _show(pages, Document.IMPRINT)
