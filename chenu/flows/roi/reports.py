"""An account's report about a period, gathered from what each feature says."""

import asyncio
from datetime import date, timedelta

from chenu.accounts.actor import AccountId
from chenu.agents.payments import AgentPayment, list_agent_payments
from chenu.agents.run_totals import sum_completed_runs
from chenu.billing.paid_invoices import PaidInvoice, list_paid_invoices
from chenu.roi.costs import CostKind, PaidItem, PaidPeriod
from chenu.roi.periods import UNIT_OF_STEP, RoiPeriod, Span, find_span
from chenu.roi.report import RoiReport, make_report
from chenu.roi.settings import get_settings

_LONGEST_PERIOD = timedelta(days=400)
"""An invoice of before may be for days of the period, and a later one take some of them back."""


async def get_roi_report(account_id: AccountId, period: RoiPeriod, on: date) -> RoiReport:
    """About the month, quarter or year that the day is in; raises BadInput."""
    span = find_span(period, on)
    settings, runs, paid = await asyncio.gather(
        get_settings(account_id),
        sum_completed_runs(account_id, span.begin, span.end, UNIT_OF_STEP[period]),
        _list_paid_items(account_id, span),
    )
    return make_report(period, span, settings, runs, paid)


async def _list_paid_items(account_id: AccountId, span: Span) -> list[PaidItem]:
    invoices, payments = await asyncio.gather(
        list_paid_invoices(account_id, span.begin - _LONGEST_PERIOD, span.end + _LONGEST_PERIOD),
        list_agent_payments(account_id, span.begin, span.end),
    )
    return [*map(_from_invoice, invoices), *map(_from_payment, payments)]


def _from_invoice(invoice: PaidInvoice) -> PaidItem:
    """What is not of a subscription was paid once: a token pack."""
    is_plan = invoice.is_of_subscription
    return PaidItem(
        CostKind.PLAN if is_plan else CostKind.PACK,
        invoice.number or "",
        invoice.paid_at.date(),
        invoice.paid,
        _periods_of(invoice) if is_plan else (),
    )


def _periods_of(invoice: PaidInvoice) -> tuple[PaidPeriod, ...]:
    return tuple(
        PaidPeriod(line.amount, line.period_start.date(), line.period_end.date())
        for line in invoice.lines
    )


def _from_payment(payment: AgentPayment) -> PaidItem:
    day = payment.paid_at.date()
    return PaidItem(CostKind.AGENT, "", day, payment.paid, agent_id=payment.agent_id)
