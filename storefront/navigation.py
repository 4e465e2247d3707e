"""The sections of the storefront that every page links to, and the desks of the back office."""

import msgspec

from chenu.accounts.actor import Actor, Staff
from chenu.core.i18n import mark

BACK_OFFICE = "/staff"


class Desk(msgspec.Struct, frozen=True):
    """A part of the back office, for staff with any of these roles."""

    path: str
    words: str
    roles: tuple[Staff, ...]


DESKS = (
    Desk(BACK_OFFICE, mark("Review"), (Staff.REVIEWER,)),
    Desk("/staff/appeals", mark("Appeals"), (Staff.REVIEWER,)),
    Desk("/staff/reports", mark("Reports"), (Staff.REVIEWER,)),
    Desk("/staff/featured", mark("Featured"), (Staff.REVIEWER,)),
    Desk("/staff/support", mark("Support desk"), (Staff.SUPPORT,)),
    Desk("/staff/inquiries", mark("Inquiries"), (Staff.SUPPORT,)),
    Desk("/staff/customers", mark("Customers"), (Staff.SUPPORT, Staff.FINANCE)),
    Desk("/staff/incidents", mark("Incidents"), (Staff.SUPPORT, Staff.FINANCE)),
    Desk("/staff/refunds", mark("Refunds"), (Staff.SUPPORT,)),
    Desk("/staff/disputes", mark("Disputes"), (Staff.SUPPORT,)),
    Desk("/staff/withdrawals", mark("Withdrawals"), (Staff.SUPPORT,)),
    Desk("/staff/payments/mails", mark("Mails"), (Staff.SUPPORT,)),
    Desk("/staff/revenue", mark("Revenue"), (Staff.FINANCE,)),
    Desk("/staff/coupons", mark("Coupons"), (Staff.FINANCE,)),
    Desk("/staff/affiliates", mark("Affiliates"), (Staff.FINANCE,)),
    Desk("/staff/statements", mark("Statements"), (Staff.FINANCE,)),
    Desk("/staff/payments", mark("Payments"), (Staff.FINANCE,)),
    Desk("/staff/books", mark("Books"), (Staff.FINANCE,)),
    Desk("/staff/tables", mark("Tables"), (Staff.ADMIN,)),
    Desk("/staff/audit", mark("Audit trail"), (Staff.ADMIN,)),
)

_ROOTS = ("/agents", "/pricing", "/creator", "/library", "/roi")
_DESK_OF = {
    "/staff/invoices": "/staff/refunds",
    "/staff/sales": "/staff/refunds",
    "/staff/referrals": "/staff/affiliates",
    "/staff/contracts": "/staff/customers",
    "/staff/maintenance": "/staff/incidents",
    "/staff/mails": "/staff/payments/mails",
}


def list_desks(actor: Actor) -> tuple[Desk, ...]:
    """Those that are open to the visitor."""
    if not actor.is_staff:
        return ()
    return tuple(desk for desk in DESKS if any(map(actor.has_staff, desk.roles)))


class Section(msgspec.Struct, frozen=True):
    """The link to mark, with its aria-current: "page" for the page itself, "true" for one
    below it.
    """

    root: str
    mark: str

    @property
    def is_back_office(self) -> bool:
        return self.root.startswith(BACK_OFFICE)


_NOWHERE = Section("", "")
_PATHS = (*_ROOTS, *(desk.path for desk in DESKS))
_ITSELF = {root: Section(root, "page") for root in _PATHS}
_BELOW = {root: Section(root, "true") for root in _PATHS}


def find_section(path: str) -> Section:
    """The section that contains this path."""
    if path in _ITSELF:
        return _ITSELF[path]
    parts = path[1:].split("/", 3)
    for depth in (3, 2, 1):
        above = "/" + "/".join(parts[:depth])
        found = _BELOW.get(_DESK_OF.get(above, above))
        if found is not None:
            return found
    return _NOWHERE
