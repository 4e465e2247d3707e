"""Commissions that are frozen and released, with the referral that they come from.

What is frozen is neither due nor paid. What was paid, or is in a payout, stays what it is; so does
a clawback of it, which is owed to us.
"""

from chenu.affiliates.model import AffiliateId, ReferralId, ReferralReason
from chenu.affiliates.referrals import refuse_referral
from chenu.core import db
from chenu.core.clock import business_now

_FREEZE = """
    UPDATE commission SET status = 'HELD', held_at = $2 WHERE id IN (
        SELECT id FROM commission r
        WHERE {whose} = $1 AND status IN ('PENDING', 'DUE') AND payout IS NULL
            AND (amount > 0 OR NOT EXISTS (SELECT 1 FROM commission c
                WHERE c.invoice = r.invoice AND c.payout IS NOT NULL))
        ORDER BY id FOR NO KEY UPDATE)
"""
_RELEASE = """
    UPDATE commission SET held_at = NULL,
        status = CASE WHEN due_at <= $2 THEN 'DUE' ELSE 'PENDING' END
    WHERE id IN (
        SELECT c.id FROM commission c JOIN referral r ON r.id = c.referral
        JOIN affiliate a ON a.id = c.affiliate
        WHERE {whose} AND c.status = 'HELD' AND r.state = 'BOUND' AND a.status = 'ACTIVE'
        ORDER BY c.id FOR NO KEY UPDATE OF c)
"""


async def hold_commissions(referral_id: ReferralId, reason: str) -> int:
    """What is not paid is frozen, and what this customer pays from now on will be.

    Returns how many rows. Again changes the reason alone; a refused referral stays refused.
    """
    sql = """
        UPDATE referral SET state = 'HELD', reason = $2 WHERE id = $1 AND state <> 'REFUSED'
    """
    await db.execute(sql, referral_id, reason)
    return await db.execute(_FREEZE.format(whose="referral"), referral_id, business_now())


@db.transactional
async def refuse_as_own(referral_id: ReferralId, reason: ReferralReason) -> None:
    """The customer is the affiliate: what is not paid is frozen, and nothing more is earned."""
    await hold_commissions(referral_id, reason)
    await refuse_referral(referral_id, reason)


async def release_commissions(referral_id: ReferralId) -> int:
    """They come back to PENDING or DUE, as their time says; of a suspended affiliate only when the
    suspension ends. Returns how many rows.
    """
    sql = "UPDATE referral SET state = 'BOUND', reason = '' WHERE id = $1 AND state = 'HELD'"
    await db.execute(sql, referral_id)
    return await _release("c.referral = $1", referral_id)


async def hold_of_affiliate(affiliate_id: AffiliateId) -> int:
    """Of a suspended affiliate, whose referrals stay what they are. Returns how many rows."""
    return await db.execute(_FREEZE.format(whose="affiliate"), affiliate_id, business_now())


async def release_of_affiliate(affiliate_id: AffiliateId) -> int:
    """After a suspension: what its customers brought meanwhile, except of held referrals."""
    return await _release("c.affiliate = $1", affiliate_id)


async def _release(whose: str, owner_id: ReferralId | AffiliateId) -> int:
    return await db.execute(_RELEASE.format(whose=whose), owner_id, business_now())
