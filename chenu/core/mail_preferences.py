"""Topics of mail that somebody has turned off, by the hash of their address.

So the link in a mail works signed out, and the table names nobody.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection

import msgspec

from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.mail_kinds import MailTopic
from chenu.core.rows import Columns, insert
from chenu.core.tables import MailPreference

_PURPOSE = b"mail preference:"


class _Off(msgspec.Struct, frozen=True):
    topic: str


_OFF = Columns(_Off, MailPreference).select()


class Unsubscription(msgspec.Struct, frozen=True):
    """What the link in a mail is about; the address itself is not in it."""

    email_hash: bytes
    topic: MailTopic


def hash_email(email: str) -> bytes:
    """Of an address as it is stored: in lower case."""
    return hashlib.sha256(email.encode()).digest()


async def list_turned_off(email: str) -> set[MailTopic]:
    sql = f"SELECT {_OFF} FROM mail_preference WHERE email_hash = $1"  # noqa: S608 - own columns
    rows = await db.fetch_all(_Off, sql, hash_email(email))
    return {MailTopic(row.topic) for row in rows}


async def turn_off(unsubscription: Unsubscription) -> None:
    """Again changes nothing."""
    values = {
        "id": new_id(),
        "email_hash": unsubscription.email_hash,
        "topic": unsubscription.topic,
        "turned_off_at": business_now(),
    }
    await insert(MailPreference, values, "ON CONFLICT (email_hash, topic) DO NOTHING")


@db.transactional
async def choose_topics(email: str, wanted: Collection[MailTopic]) -> None:
    """Every topic that is not wanted is turned off."""
    sql = "DELETE FROM mail_preference WHERE email_hash = $1 AND topic = ANY($2)"
    await db.execute(sql, hash_email(email), list(wanted))
    for topic in MailTopic:
        if topic not in wanted:
            await turn_off(Unsubscription(hash_email(email), topic))


async def move_preferences(old_email: str, new_email: str) -> None:
    """With the person to another address; what was chosen there before was somebody else's."""
    await forget_preferences(new_email)
    sql = "UPDATE mail_preference SET email_hash = $2 WHERE email_hash = $1"
    await db.execute(sql, hash_email(old_email), hash_email(new_email))


async def forget_preferences(email: str) -> None:
    sql = "DELETE FROM mail_preference WHERE email_hash = $1"
    await db.execute(sql, hash_email(email))


def make_unsubscribe_token(secret: bytes, email: str, topic: MailTopic) -> str:
    """For as long as the secret is the same: such a link must not run out."""
    email_hash = hash_email(email)
    signed = urlsafe_b64encode(email_hash + _sign(secret, email_hash, topic)).decode()
    return f"{topic.lower()}.{signed.rstrip('=')}"


def read_unsubscribe_token(secret: bytes, token: str) -> Unsubscription | None:
    """None for a token that we did not make."""
    name, _, signed = token.partition(".")
    try:
        topic = MailTopic(name.upper())
        decoded = urlsafe_b64decode(signed.encode("ascii") + b"=" * (-len(signed) % 4))
    except ValueError:
        return None
    email_hash, signature = decoded[:32], decoded[32:]
    if not hmac.compare_digest(signature, _sign(secret, email_hash, topic)):
        return None
    return Unsubscription(email_hash, topic)


def _sign(secret: bytes, email_hash: bytes, topic: MailTopic) -> bytes:
    message = _PURPOSE + topic.encode() + b":" + email_hash
    return hmac.digest(secret, message, hashlib.sha256)[:16]
