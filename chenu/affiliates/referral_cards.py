"""Cards that bound customers have paid with, by hashes, for comparison with their affiliate's."""

from chenu.affiliates.model import AffiliateId, ReferralId
from chenu.affiliates.tables import ReferralCard
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert


async def record_referral_card(referral_id: ReferralId, card_hash: bytes) -> None:
    """Once for each card."""
    values = {
        "id": new_id(),
        "referral": referral_id,
        "card_hash": card_hash,
        "seen_at": business_now(),
    }
    await insert(ReferralCard, values, "ON CONFLICT (card_hash, referral) DO NOTHING")


async def list_paid_with(affiliate_id: AffiliateId, card_hash: bytes) -> list[ReferralId]:
    """The affiliate's referrals that count or are held, and have paid with this card."""
    sql = """
        SELECT r.id FROM referral_card c JOIN referral r ON r.id = c.referral
        WHERE c.card_hash = $2 AND r.affiliate = $1 AND r.state <> 'REFUSED' ORDER BY r.id
    """
    rows = await db.fetch_records(sql, affiliate_id, card_hash)
    return [ReferralId(row["id"]) for row in rows]
