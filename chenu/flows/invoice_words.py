"""What an invoice's line is for, in the reader's language where we know what it is about."""

from datetime import timedelta

from babel.dates import format_date

from chenu.billing.recurring import InvoiceLine
from chenu.core.i18n import Locale, mark, translate
from chenu.core.numbers import format_number
from chenu.flows.plan_kinds import find_plan_name
from chenu.tokens.packs import find_pack

_A_YEAR = timedelta(days=300)
"""Shorter periods are months."""

_PACK = mark("Pack of {tokens} tokens")
_TRIAL = mark("Trial of the plan {plan}, {start} to {end}")
_YEAR = mark("Plan {plan}, a year, {start} to {end}")
_MONTH = mark("Plan {plan}, a month, {start} to {end}")
_UNUSED = mark("Unused time on the plan {plan}, {start} to {end}")
_REST = mark("Remaining time on the plan {plan}, {start} to {end}")


def describe_line(line: InvoiceLine, locale: Locale) -> str:
    """Stripe's own words, which are English, for anything but a plan or a pack."""
    pack = find_pack(line.product_id or "")
    if pack is not None:
        return translate(locale, _PACK, tokens=format_number(pack.tokens, locale))
    plan = find_plan_name(line.product_id or "")
    if plan is None:
        return line.description
    start, end = (
        format_date(day, "medium", locale=locale) for day in (line.period_start, line.period_end)
    )
    return translate(locale, _words_for(line), plan=plan, start=start, end=end)


def _words_for(line: InvoiceLine) -> str:
    if line.is_proration:
        return _UNUSED if line.amount < 0 else _REST
    if line.amount == 0:
        return _TRIAL
    return _YEAR if line.period_end - line.period_start > _A_YEAR else _MONTH
