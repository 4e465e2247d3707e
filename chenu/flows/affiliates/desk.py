"""What staff see of affiliates: who they are, and how many customers they brought."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from chenu.accounts.users import User, find_user_by_email, list_users
from chenu.affiliates.affiliates import (
    AffiliateRow,
    find_affiliate_by_code,
    find_affiliate_of,
    get_affiliate,
)
from chenu.affiliates.clicks import count_clicks
from chenu.affiliates.commissions import CommissionSums, get_commission_sums
from chenu.affiliates.model import AffiliateId, ReferralState
from chenu.affiliates.referral_states import ReferralCount, count_referrals, list_referrals
from chenu.affiliates.referrals import ReferralRow
from chenu.affiliates.standing import list_affiliates
from chenu.core.errors import NotFound
from chenu.core.paging import Page, PageRequest
from chenu.flows.affiliates.signals import FoundSignal, find_signals


class AffiliateView(msgspec.Struct, frozen=True):
    """`counts` are of the referrals, by state and reason."""

    row: AffiliateRow
    person: User
    counts: tuple[ReferralCount, ...]

    def count(self, state: ReferralState) -> int:
        return sum(each.referrals for each in self.counts if each.state is state)


class AffiliateFigures(msgspec.Struct, frozen=True):
    clicks: int
    sums: CommissionSums
    signals: tuple[FoundSignal, ...]


class ReferralView(msgspec.Struct, frozen=True):
    row: ReferralRow
    customer: User


async def list_affiliate_views(page: PageRequest) -> Page[AffiliateView]:
    """Whoever joined last comes first."""
    found = await list_affiliates(page)
    return Page(await _view(found.rows), found.has_next, found.has_previous)


async def find_affiliate_views(text: str) -> list[AffiliateView]:
    """By code, e-mail address or id: one, or none."""
    found = await _find(text.strip())
    return [] if found is None else await _view([found])


async def get_affiliate_view(affiliate_id: AffiliateId) -> AffiliateView:
    """Raises NotFound."""
    (view,) = await _view([await get_affiliate(affiliate_id)])
    return view


async def get_figures(view: AffiliateView) -> AffiliateFigures:
    affiliate_id = view.row.id
    return AffiliateFigures(
        await count_clicks(affiliate_id),
        await get_commission_sums(affiliate_id),
        tuple(await find_signals(affiliate_id, view.counts)),
    )


async def list_referral_views(affiliate_id: AffiliateId, page: PageRequest) -> Page[ReferralView]:
    """The newest first."""
    found = await list_referrals(affiliate_id, page)
    people = {person.id: person for person in await list_users([row.member for row in found.rows])}
    rows = [ReferralView(row, people[row.member]) for row in found.rows]
    return Page(rows, found.has_next, found.has_previous)


async def _find(text: str) -> AffiliateRow | None:
    if "@" in text:
        person = await find_user_by_email(text)
        return None if person is None else await find_affiliate_of(person.id)
    try:
        return await get_affiliate(AffiliateId(UUID(text)))
    except NotFound:
        return None
    except ValueError:
        return await find_affiliate_by_code(text.upper())


async def _view(rows: Sequence[AffiliateRow]) -> list[AffiliateView]:
    people = {person.id: person for person in await list_users([row.member for row in rows])}
    counts = await count_referrals([row.id for row in rows])
    return [
        AffiliateView(
            row,
            people[row.member],
            tuple(each for each in counts if each.affiliate_id == row.id),
        )
        for row in rows
    ]
