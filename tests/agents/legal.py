"""Legal details and statements of a made-up creator."""

from msgspec.structs import replace

from chenu.agents.legal_details import LegalDetailsInput
from chenu.agents.model import CreatorId
from chenu.agents.statement_vat import VatTreatment
from chenu.agents.statements import (
    LineKind,
    StatementId,
    StatementLine,
    StatementRow,
    insert_statement,
    next_place,
    write_number,
)
from chenu.company import MADE_UP
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import BasisPoints, Cents
from chenu.core.months import month_of

COMPANY = LegalDetailsInput(
    legal_name="Atelier Nord SARL",
    line1="12 rue de la Paix",
    postal_code="75002",
    city="Paris",
    country="FR",
    vat_number="FR 12 000 000 000",
    agrees=True,
)
LINE = StatementLine(LineKind.OTHER, 1, Cents(0), Cents(0), Cents(0), Cents(0))


async def put_statement(creator_id: CreatorId, **texts: str) -> StatementId:
    """Of nothing, for last month, so that the books agree with it."""

    async def write() -> StatementId:
        series, place = await next_place(None)
        row = StatementRow(
            id=StatementId(new_id()),
            creator_id=creator_id,
            number=write_number(series, place),
            series=series,
            place=place,
            month=month_of(business_now()).previous().first_day,
            last_entry=0,
            issued_at=business_now(),
            supplier_name=COMPANY.legal_name,
            supplier_address=COMPANY.line1,
            supplier_country="FR",
            supplier_vat_number="FR12000000000",
            supplier_tax_number="",
            company_name=MADE_UP.name,
            company_address="\n".join(MADE_UP.address_lines),
            company_country=MADE_UP.country,
            company_vat_number=MADE_UP.vat_number,
            vat_treatment=VatTreatment.DOMESTIC,
            vat_rate=BasisPoints(2000),
            opening=Cents(0),
            net=Cents(0),
            tax=Cents(0),
            transferred=Cents(0),
            closing=Cents(0),
        )
        await insert_statement(replace(row, **texts), [LINE])
        return row.id

    return await db.run_in_transaction(write)
