"""Mails in the outbox and their states."""

from dataclasses import dataclass
from uuid import UUID

from chenu.core import db
from chenu.core.mail import MailKind, queue_mail

SALE = {
    "name": "Inès",
    "agent": "Trieur",
    "gross": 999,
    "creator_share": 700,
    "platform_share": 299,
}


@dataclass(frozen=True)
class Sent:
    """`state` is QUEUED, SENT or FAILED."""

    id: UUID
    state: str
    attempts: int
    last_error: str | None


async def queue_sale(key: str = "sale:1", to: str = "ines@example.org") -> UUID:
    await queue_mail(MailKind.SALE, to, "fr", key, SALE)
    return (await look(key)).id


async def look(key: str = "sale:1") -> Sent:
    sql = "SELECT id, state, attempts, last_error FROM outbox_mail WHERE business_key = $1"
    found = await db.find_one(Sent, sql, key)
    assert found is not None
    return found
