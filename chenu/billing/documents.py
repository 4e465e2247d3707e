"""Our copies of Stripe's PDF documents: of invoices, by the invoice's id at Stripe."""

import re
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.invoice_tables import BillingDocument
from chenu.core import db
from chenu.core.rows import Columns


class DocumentRow(msgspec.Struct, frozen=True):
    id: UUID
    account_id: AccountId
    stripe_id: str
    content: bytes
    stored_at: datetime


_DOCUMENTS = Columns(DocumentRow, BillingDocument, account_id="account")


async def store_document(row: DocumentRow) -> bool:
    """Once; False if there is a copy already, which stays as it is."""
    return bool(await _DOCUMENTS.insert(row, "ON CONFLICT (stripe_id) DO NOTHING"))


async def find_document(stripe_id: str) -> DocumentRow | None:
    sql = f"SELECT {_DOCUMENTS.select()} FROM billing_document WHERE stripe_id = $1"  # noqa: S608 - own columns
    return await db.find_one(DocumentRow, sql, stripe_id)


def file_name(word: str, number: str | None) -> str:
    """Safe in a header and as a file's name on any system: `invoice-ABC-0001.pdf`."""
    safe = re.sub(r"[^A-Za-z0-9-]", "", number or "")
    return f"{word}-{safe}.pdf" if safe else f"{word}.pdf"
