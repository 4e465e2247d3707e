"""Affiliates and customers bound to them, for tests."""

from chenu.accounts.actor import ApiScope
from chenu.affiliates.affiliates import AffiliateRow, insert_affiliate
from chenu.affiliates.model import ReferralId, ReferralOrigin, ReferralState
from chenu.affiliates.referrals import ReferralRow, insert_referral
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from tests.people import Person


async def make_affiliate(person: Person) -> AffiliateRow:
    return await insert_affiliate(person.user_id)


async def bind(
    customer: Person, affiliate: AffiliateRow, state: ReferralState = ReferralState.BOUND
) -> ReferralRow:
    row = ReferralRow(
        id=ReferralId(new_id()),
        affiliate_id=affiliate.id,
        account_id=customer.actor.require_account(ApiScope.READ),
        member=customer.user_id,
        origin=ReferralOrigin.LINK,
        state=state,
        reason="",
        click=None,
        clicked_at=None,
        bound_at=business_now(),
    )
    assert await insert_referral(row)
    return row
