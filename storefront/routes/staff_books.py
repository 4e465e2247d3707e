"""The rules of the books and of Stripe's balance, with the result of their last check."""

from datetime import timedelta

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.core.clock import system_now
from chenu.ledger.findings import list_findings
from storefront.access import FINANCE
from storefront.pages import Page, Pages

_LATE = timedelta(hours=2)
"""The worker checks each hour: an older result says that it is away."""


@get("/staff/books", opt=FINANCE)
async def show_books(pages: NamedDependency[Pages]) -> Page:
    findings = await list_findings()
    page = pages.show(
        "staff/books.html",
        findings=findings,
        broken=sum(not finding.ok for finding in findings),
        late_before=system_now() - _LATE,
    )
    reads = [StaffRead("books", "ledger_health")]
    await record_staff_reads(pages.request_context.actor, reads)
    return page
