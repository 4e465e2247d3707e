"""Terms, privacy notice and imprint: their versions, and who accepted which."""

from datetime import date
from enum import StrEnum

import msgspec

from chenu.accounts.actor import UserId
from chenu.accounts.tables import Acceptance
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert


class Document(StrEnum):
    TERMS = "TERMS"
    PRIVACY = "PRIVACY"
    IMPRINT = "IMPRINT"


class DocumentVersion(msgspec.Struct, frozen=True):
    """The version of a page's text: a new text needs a new version here."""

    document: Document
    version: str
    in_force_from: date


CURRENT = {
    Document.TERMS: DocumentVersion(Document.TERMS, "2026-11-30", date(2026, 11, 30)),
    Document.PRIVACY: DocumentVersion(Document.PRIVACY, "2026-11-28", date(2026, 11, 28)),
    Document.IMPRINT: DocumentVersion(Document.IMPRINT, "2026-11-01", date(2026, 11, 1)),
}
ACCEPTED_AT_SIGN_UP = (Document.TERMS, Document.PRIVACY)


async def record_acceptance(user_id: UserId) -> None:
    """Records the current terms and privacy notice, which are linked beside the sign-up button."""
    for document in ACCEPTED_AT_SIGN_UP:
        await insert(
            Acceptance,
            {
                "id": new_id(),
                "owner": user_id,
                "document": document,
                "version": CURRENT[document].version,
                "accepted_at": business_now(),
            },
        )
