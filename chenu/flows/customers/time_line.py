"""What happened to a customer, from every feature, in one order of time."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import AccountId, Actor, Staff
from chenu.accounts.members import list_members
from chenu.accounts.time_line import list_audit_lines
from chenu.agents.time_line import list_purchase_lines
from chenu.analytics.time_line import list_movement_lines
from chenu.billing.time_line import list_invoice_lines, list_subscription_lines
from chenu.core.mail_list import list_mail_lines
from chenu.core.paging import Page, PageRequest
from chenu.core.time_line import Line, merge_lines
from chenu.ledger.operations import OperationKind
from chenu.ledger.time_line import list_operation_lines, list_transaction_lines
from chenu.support.time_line import list_support_lines
from chenu.tokens.time_line import list_pack_lines


class LineKind(StrEnum):
    SUBSCRIPTION = "SUBSCRIPTION"
    PAYMENT = "PAYMENT"
    LEDGER = "LEDGER"
    MAIL = "MAIL"
    AUDIT = "AUDIT"
    SUPPORT = "SUPPORT"


class Customer(msgspec.Struct, frozen=True):
    """`emails` are where its members read their mails."""

    account_id: AccountId
    emails: tuple[str, ...]


Source = Callable[[Customer, PageRequest], Awaitable[list[Line]]]

_CHANGES = (
    OperationKind.SUBSCRIPTION_CHANGE,
    OperationKind.SUBSCRIPTION_SCHEDULE,
    OperationKind.SUBSCRIPTION_RENEWAL,
    OperationKind.SUBSCRIPTION_END,
)

SOURCES: Mapping[LineKind, tuple[Source, ...]] = {
    LineKind.SUBSCRIPTION: (
        lambda customer, page: list_subscription_lines(customer.account_id, page),
        lambda customer, page: list_operation_lines(customer.account_id, _CHANGES, page),
        lambda customer, page: list_movement_lines(customer.account_id, page),
    ),
    LineKind.PAYMENT: (
        lambda customer, page: list_invoice_lines(customer.account_id, page),
        lambda customer, page: list_purchase_lines(customer.account_id, page),
        lambda customer, page: list_pack_lines(customer.account_id, page),
    ),
    LineKind.LEDGER: (lambda customer, page: list_transaction_lines(customer.account_id, page),),
    LineKind.MAIL: (lambda customer, page: list_mail_lines(customer.emails, page),),
    LineKind.AUDIT: (lambda customer, page: list_audit_lines(customer.account_id, page),),
    LineKind.SUPPORT: (lambda customer, page: list_support_lines(customer.account_id, page),),
}


async def list_time_line(
    actor: Actor, account_id: AccountId, kinds: Collection[LineKind], page: PageRequest
) -> Page[Line]:
    """The newest first, what is to come before all; no kinds: every one.

    What was booked is shown without its amounts to whoever is not of finance. Raises Forbidden.
    """
    if not actor.has_staff(Staff.FINANCE):
        actor.require_staff(Staff.SUPPORT)
    members = await list_members(account_id)
    customer = Customer(account_id, tuple(member.email for member in members))
    sources = [source for kind in SOURCES if not kinds or kind in kinds for source in SOURCES[kind]]
    found = await asyncio.gather(*(source(customer, page) for source in sources))
    merged = merge_lines(found, page)
    if actor.has_staff(Staff.FINANCE):
        return merged
    return replace(merged, rows=[_without_booked(line) for line in merged.rows])


def _without_booked(line: Line) -> Line:
    return replace(line, amount=None) if line.source == "transaction" else line
