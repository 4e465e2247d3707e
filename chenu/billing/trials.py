"""Who has had the trial: one a person and one a card, whatever account they pay with.

docs/money.md.
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.billing.fingerprints import hash_fingerprint
from chenu.billing.subscriptions import SubscriptionId
from chenu.billing.tables import TrialCard, TrialUse
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.email_address import mailbox_of
from chenu.core.ids import new_id
from chenu.core.rows import insert


def _hash(mailbox: str) -> bytes:
    """Of a normalised address: it outlives the person's data."""
    return hashlib.sha256(mailbox.encode()).digest()


async def has_used_trial(email: str) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM trial_use WHERE email_hash = $1)"
    return bool(await db.fetch_value(sql, _hash(mailbox_of(email))))


async def has_trial_behind(
    account_ids: Sequence[AccountId], *, other_than: SubscriptionId | None = None
) -> bool:
    """Whether one of these accounts has had a trial, whatever its owner's address was then."""
    sql = """
        SELECT EXISTS (SELECT 1 FROM subscription WHERE account = ANY($1)
            AND trial_ends_at IS NOT NULL AND id IS DISTINCT FROM $2)
    """
    return bool(await db.fetch_value(sql, list(account_ids), other_than))


async def record_trial(email: str, order_id: UUID) -> bool:
    """Whether it is the person's first, which alone is stored."""
    values = {
        "id": new_id(),
        "email_hash": _hash(mailbox_of(email)),
        "order": order_id,
        "started_at": business_now(),
    }
    return bool(await insert(TrialUse, values, "ON CONFLICT (email_hash) DO NOTHING"))


async def was_trial_card_of(fingerprint: str, account_ids: Sequence[AccountId]) -> bool:
    """Whether one of these accounts had its trial with this card."""
    sql = """
        SELECT EXISTS (SELECT 1 FROM trial_card c
            JOIN subscription s ON s.stripe_subscription_id = c.stripe_subscription_id
            WHERE c.card_hash = $1 AND s.account = ANY($2))
    """
    return bool(await db.fetch_value(sql, hash_fingerprint(fingerprint), list(account_ids)))


async def claim_trial_card(fingerprint: str, subscription_id: str) -> bool:
    """Whether the card belongs to this trial: the first subscription that it was seen in."""
    values = {
        "id": new_id(),
        "card_hash": hash_fingerprint(fingerprint),
        "stripe_subscription_id": subscription_id,
        "seen_at": business_now(),
    }
    await insert(TrialCard, values, "ON CONFLICT (card_hash) DO NOTHING")
    sql = "SELECT stripe_subscription_id FROM trial_card WHERE card_hash = $1"
    return bool(await db.fetch_value(sql, hash_fingerprint(fingerprint)) == subscription_id)
