"""Makes each creator's self-billing statement of each month in which money moved, from the books.

Due times are in rows; a statement is made once, in one transaction with its mail. What is booked
late for a month whose statement is made stands on the next one. docs/decisions/0054.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from chenu.accounts.users import get_user
from chenu.agents.legal_details import LegalDetailsRow
from chenu.agents.queries import find_creator
from chenu.agents.statement_turns import list_due_creators, postpone_turn, set_next_turn
from chenu.agents.statement_vat import VatTreatment, tax_within, treat_vat
from chenu.agents.statements import (
    LineKind,
    StatementId,
    StatementLine,
    StatementRow,
    find_last_statement,
    insert_statement,
    next_place,
    write_number,
)
from chenu.company import Company
from chenu.core import db
from chenu.core.backoff import name_failure
from chenu.core.clock import business_now
from chenu.core.i18n import known_locale
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.money import BasisPoints, Cents
from chenu.core.months import Month, month_of
from chenu.core.sale_mail_params import StatementReadyParams
from chenu.flows.operations.repair import repair_one
from chenu.flows.services import Services
from chenu.ledger.movements import (
    NOTHING_BOOKED,
    Booked,
    Movement,
    find_first_movement,
    list_movements,
)
from chenu.ledger.seals import find_last_sealed, seal_entries

log = structlog.get_logger(__name__)

_AFTER_MONTH = timedelta(hours=6)
"""By then the last bookings of the month are sealed."""
_LINES = {
    "PAYMENT": LineKind.SALES,
    "RETURN_DUE": LineKind.RETURNS,
    "REFUND_DUE": LineKind.REFUNDS,
    "REFUND_FAILED": LineKind.PUT_BACK,
    "DISPUTE_TAKEN": LineKind.DISPUTES,
    "DISPUTE_RETURNED": LineKind.DISPUTES_WON,
}
_TRANSFERS = frozenset({"TRANSFER", "TRANSFER_REVERSAL", "DEBT_NETTED"})
"""They move money between us and the creator, and change nothing of what was earned."""


async def make_due_statements(services: Services) -> None:
    """One creator that fails waits longer and longer, and does not stop others."""
    company = services.settings.company
    due = await list_due_creators()
    if due and not company.is_whole:
        log.warning("statements_wait", why="CHENU_COMPANY_… are not set")
        return
    if due:
        await seal_entries()
    for details in due:
        await repair_one(_make_all(company, details), creator=str(details.creator_id))


async def _make_all(company: Company, details: LegalDetailsRow) -> None:
    try:
        while await _make_next(company, details):
            pass
    except Exception as error:
        await postpone_turn(details.creator_id, name_failure(error))
        raise


@db.transactional
async def _make_next(company: Company, details: LegalDetailsRow) -> bool:
    """The earliest that is missing; False where there is none."""
    await db.lock_until_commit(f"statements:{details.creator_id}")
    last = await find_last_statement(details.creator_id)
    before = Booked(last.calendar_month.end, last.last_entry) if last else NOTHING_BOOKED
    present, sealed = month_of(business_now()), await find_last_sealed()
    first = await find_first_movement(details.creator_id, before, Booked(present.start, sealed))
    month = _choose_month(first, last)
    if month is None or month >= present:
        await set_next_turn(details.creator_id, present.end + _AFTER_MONTH)
        return False
    now = Booked(month.end, sealed)
    movements = await list_movements(details.creator_id, before, now)
    lines = _write_lines(movements)
    row = await _write(company, details, last, (month, sealed), (lines, _sum_transfers(movements)))
    await insert_statement(row, lines)
    await _mail_owner(row)
    return True


def _choose_month(first: datetime | None, last: StatementRow | None) -> Month | None:
    """Of the first movement that stands on none, unless that month's statement is made."""
    if first is None:
        return None
    month = month_of(first)
    return month if last is None else max(month, last.calendar_month.next())


def _write_lines(movements: Sequence[Movement]) -> list[StatementLine]:
    found: dict[LineKind, StatementLine] = {}
    for movement in movements:
        if movement.event in _TRANSFERS:
            continue
        kind = _LINES.get(movement.event, LineKind.OTHER)
        known = found.get(kind, StatementLine(kind, 0, *(Cents(0),) * 4))
        found[kind] = StatementLine(
            kind,
            known.transactions + movement.count,
            Cents(known.paid + movement.own + movement.fee + movement.tax),
            Cents(known.buyers_tax + movement.tax),
            Cents(known.fee + movement.fee),
            Cents(known.share + movement.own),
        )
    return list(found.values())


def _sum_transfers(movements: Sequence[Movement]) -> Cents:
    return Cents(-sum(each.own for each in movements if each.event in _TRANSFERS))


async def _write(
    company: Company,
    details: LegalDetailsRow,
    last: StatementRow | None,
    covered: tuple[Month, int],
    moved: tuple[Sequence[StatementLine], Cents],
) -> StatementRow:
    (month, last_entry), (lines, transferred) = covered, moved
    series, place = await next_place(last)
    treatment = treat_vat(details, company)
    net, opening = Cents(sum(line.share for line in lines)), last.closing if last else Cents(0)
    is_taxed = treatment is VatTreatment.DOMESTIC
    return StatementRow(
        id=StatementId(new_id()),
        creator_id=details.creator_id,
        number=write_number(series, place),
        series=series,
        place=place,
        month=month.first_day,
        last_entry=last_entry,
        issued_at=business_now(),
        supplier_name=details.legal_name,
        supplier_address=_write_address(details),
        supplier_country=details.country,
        supplier_vat_number=details.vat_number,
        supplier_tax_number=details.tax_number,
        company_name=company.name,
        company_address="\n".join(company.address_lines),
        company_country=company.country,
        company_vat_number=company.vat_number,
        vat_treatment=treatment,
        vat_rate=BasisPoints(company.vat_rate if is_taxed else 0),
        opening=opening,
        net=net,
        tax=tax_within(net, treatment, company),
        transferred=transferred,
        closing=Cents(opening + net - transferred),
    )


def _write_address(details: LegalDetailsRow) -> str:
    town = f"{details.postal_code} {details.city}".strip()
    return "\n".join(line for line in (details.line1, details.line2, town) if line)


async def _mail_owner(row: StatementRow) -> None:
    creator = await find_creator(row.creator_id)
    if creator is None:
        return
    owner = await get_user(creator.owner_id)
    params = StatementReadyParams(
        name=owner.mail_name, month=row.month.isoformat(), number=row.number, net=row.net
    )
    locale, key = known_locale(owner.locale), f"statement:{row.id}"
    await queue_mail(MailKind.STATEMENT_READY, owner.email, locale, key, params)
