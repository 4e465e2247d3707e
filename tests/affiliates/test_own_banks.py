"""Whoever is paid to the affiliate's own bank account is the affiliate."""

from dataclasses import dataclass

import pytest

from chenu.accounts.actor import Staff
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.fraud_rules import FraudSignal
from chenu.affiliates.model import ReferralId, ReferralState
from chenu.affiliates.referrals import ReferralRow, get_referral
from chenu.billing.connect_accounts import find_of_user
from chenu.core import db
from chenu.core.errors import Invalid
from chenu.flows.affiliates.attribution import attribute_account
from chenu.flows.affiliates.desk import get_affiliate_view, get_figures
from chenu.flows.affiliates.held_referrals import release_referral
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.services import Services
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.earned import earn
from tests.people import Person, make_creator, make_person
from tests.rows import count
from tests.stripe_side import StripeSide

OWN, OTHER = "FR7630001007941234567890185", "DE75512108001245126199"


@dataclass(frozen=True)
class Banks:
    """Where people are paid, as Stripe has it and tells us."""

    services: Services
    side: StripeSide

    async def put(self, person: Person, number: str) -> None:
        account = await find_of_user(person.user_id)
        assert account is not None
        assert account.stripe_account_id is not None
        await self.side.change_bank(account.stripe_account_id, number)
        await refresh_connect_state(self.services.connect, account.stripe_account_id)


@pytest.fixture
def banks(services: Services, stripe_side: StripeSide) -> Banks:
    return Banks(services, stripe_side)


@pytest.fixture
async def zoe(services: Services) -> Person:
    return await make_seller(services, "zoe")


@pytest.fixture
async def affiliate(zoe: Person) -> AffiliateRow:
    return await make_affiliate(zoe)


async def make_seller(services: Services, name: str = "otto") -> Person:
    """Who has a payout account of their own."""
    person, _ = await make_creator(services, name)
    return person


async def state_of(referral_id: ReferralId) -> tuple[ReferralState, str]:
    found = await get_referral(referral_id)
    return found.state, found.reason


@pytest.mark.parametrize("last", ["customer", "affiliate"])
async def test_a_customer_who_is_paid_where_the_affiliate_is_paid_earns_nothing(
    services: Services, banks: Banks, zoe: Person, affiliate: AffiliateRow, last: str
) -> None:
    """Whoever of the two comes to that bank account later; what was earned before is frozen."""
    otto = await make_seller(services)
    referral = await bind(otto, affiliate)
    await earn(referral, 700)
    people = [zoe, otto] if last == "customer" else [otto, zoe]
    await banks.put(people[0], OWN)
    before = await state_of(referral.id)

    await banks.put(people[1], OWN)

    assert before == (ReferralState.BOUND, "")
    assert await state_of(referral.id) == (ReferralState.REFUSED, "SAME_BANK")
    assert await count("commission", "status = 'HELD'") == 1


async def test_only_present_bank_accounts_are_stored_and_a_refusal_stays(
    services: Services, banks: Banks, zoe: Person, affiliate: AffiliateRow
) -> None:
    otto = await make_seller(services)
    referral = await bind(otto, affiliate)
    for person, number in ((zoe, OWN), (otto, OTHER), (otto, OWN), (otto, OTHER)):
        await banks.put(person, number)

    stored = await db.fetch_value("SELECT count(DISTINCT bank_hashes) FROM connect_account")
    assert stored == 2
    assert (await get_referral(referral.id)).state is ReferralState.REFUSED


async def test_others_with_bank_accounts_of_their_own_count(
    services: Services, banks: Banks, zoe: Person, affiliate: AffiliateRow
) -> None:
    otto = await make_seller(services)
    referral = await bind(otto, affiliate)

    await banks.put(zoe, OWN)
    await banks.put(otto, OTHER)

    assert await state_of(referral.id) == (ReferralState.BOUND, "")


async def test_two_customers_of_one_bank_account_are_held_until_staff_release_them(
    services: Services, banks: Banks, affiliate: AffiliateRow
) -> None:
    referrals: list[ReferralRow] = []
    people = [await make_seller(services, name) for name in ("otto", "anna")]
    for person in people:
        referrals.append(await bind(person, affiliate))
        await banks.put(person, OTHER)
    held = [await state_of(each.id) for each in referrals]
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    await release_referral(finance.actor, referrals[1].id, "One household of two sellers")

    for person in people:  # Stripe tells of their accounts again
        await banks.put(person, OTHER)

    assert held == [(ReferralState.BOUND, ""), (ReferralState.HELD, "SHARED_BANK")]
    assert await state_of(referrals[1].id) == (ReferralState.BOUND, "")


async def test_staff_see_other_affiliates_of_the_same_bank_account(
    services: Services, banks: Banks, zoe: Person, affiliate: AffiliateRow
) -> None:
    otto = await make_seller(services)
    await make_affiliate(otto)
    for person in (zoe, otto):
        await banks.put(person, OWN)

    figures = await get_figures(await get_affiliate_view(affiliate.id))

    [signal] = figures.signals
    assert (signal.signal, signal.times) == (FraudSignal.OTHER_AFFILIATE, 1)


async def test_staff_bind_nobody_who_is_paid_like_the_affiliate(
    services: Services, banks: Banks, zoe: Person, affiliate: AffiliateRow
) -> None:
    otto = await make_seller(services)
    for person in (zoe, otto):
        await banks.put(person, OWN)
    finance = await make_person("finance", staff=(Staff.FINANCE,))

    with pytest.raises(Invalid, match="of their own"):
        await attribute_account(finance.actor, affiliate.id, otto.email, "Wrote to us")

    assert await count("referral") == 0


async def test_no_number_of_a_bank_account_is_stored(
    services: Services, banks: Banks, zoe: Person
) -> None:
    await banks.put(zoe, OWN)

    [stored] = await db.fetch_value("SELECT bank_hashes FROM connect_account")
    assert len(stored) == 32
    assert OWN[-4:].encode() not in stored
