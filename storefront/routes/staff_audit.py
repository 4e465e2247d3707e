"""What staff did, and why: the audit trail, for administrators."""

from urllib.parse import urlencode

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.staff_acts import ActFilter, ActRow, StaffAct, list_staff_acts
from chenu.core.paging import Key
from storefront.access import ADMIN
from storefront.act_words import STAFF_ACTS
from storefront.forms import Fields, HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager

_PAGE_SIZE = 50
_PATH = "/staff/audit"


@get(_PATH, opt=ADMIN)
async def show_audit(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    query = read_query(request)
    chosen = _read_filter(query)
    act = "" if chosen.act is None else chosen.act.value
    asked = {name: value for name, value in (("act", act), ("email", chosen.email)) if value}
    stem = f"{_PATH}?{urlencode(asked)}" if asked else _PATH
    pager = Pager(pages.cursors.of_list("staff acts", act, chosen.email), stem, _PAGE_SIZE)
    found = await list_staff_acts(chosen, pager.read(query))
    page = pages.show(
        "staff/audit.html",
        acts=found.rows,
        links=pager.links(found, _key_of),
        act=act,
        email=chosen.email,
        act_words=STAFF_ACTS,
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("audit", "audit_event")])
    return page


def _read_filter(query: Fields) -> ActFilter:
    """No act, or one that there is not: all of them."""
    act = query.text("act")
    known = act in set(StaffAct)
    return ActFilter(StaffAct(act) if known else None, query.text("email").strip())


def _key_of(row: ActRow) -> Key:
    return (str(row.id), str(row.id))
