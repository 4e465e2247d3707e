"""/account/sla: what was reached in each month, how it is computed, and the contract's credit."""

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.roles import Right
from chenu.availability.figures import CREDITS, PROMISED
from chenu.availability.maintenance import list_maintenance
from chenu.core.clock import system_now
from chenu.flows.sla.report import get_sla_report
from chenu.tiers.entitlements import PlanRequired
from storefront.access import for_right
from storefront.pages import Page, Pages


@get("/account/sla", opt=for_right(Right.READ))
async def show_sla(pages: NamedDependency[Pages]) -> Page:
    """An account whose plan lacks it reads which one has it, and where to ask for it."""
    try:
        months = await get_sla_report(pages.request_context.actor)
    except PlanRequired as refusal:
        return pages.show("account/sla_missing.html", pages.status(refusal), plan_refusal=refusal)
    since = months[-1].month.start if months else system_now()
    return pages.show(
        "account/sla.html",
        months=months,
        maintenance=await list_maintenance(since),
        promised=PROMISED,
        credits=CREDITS,
        now=system_now(),
    )
