"""The loaders of what affiliates see."""

from functools import cached_property

from chenu.accounts.actor import UserId
from chenu.affiliates.affiliates import AffiliateRow, list_affiliates_by_id
from chenu.affiliates.commissions import CommissionRow, list_commissions_by_id
from chenu.affiliates.model import AffiliateId, CommissionId, PayoutId, ReferralId
from chenu.affiliates.payouts import PayoutRow, list_payouts_by_id
from chenu.affiliates.referrals import ReferralRow, list_referrals_by_id
from chenu.billing import connect_accounts
from chenu.billing.connect_accounts import ConnectAccount
from chenu_graphql.batching import Loader, one_each


class AffiliateLoaders:
    """Part of Loaders."""

    @cached_property
    def affiliates(self) -> Loader[AffiliateId, AffiliateRow | None]:
        return one_each(list_affiliates_by_id, lambda row: row.id)

    @cached_property
    def commissions(self) -> Loader[CommissionId, CommissionRow | None]:
        return one_each(list_commissions_by_id, lambda row: row.id)

    @cached_property
    def payouts(self) -> Loader[PayoutId, PayoutRow | None]:
        return one_each(list_payouts_by_id, lambda row: row.id)

    @cached_property
    def referrals(self) -> Loader[ReferralId, ReferralRow | None]:
        return one_each(list_referrals_by_id, lambda row: row.id)

    @cached_property
    def connect_accounts(self) -> Loader[UserId, ConnectAccount | None]:
        return one_each(connect_accounts.list_of_users, lambda row: row.owner_id)
