"""Signs of fraud hold a new customer's commissions, and are shown to staff."""

import pytest

from chenu.accounts.sessions import open_session
from chenu.accounts.users import Browser, SignUp, find_user_by_email
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.click_peaks import get_click_peaks
from chenu.affiliates.fraud_rules import ClickPeaks, FraudSignal, HoldReason
from chenu.affiliates.model import ReferralReason, ReferralState
from chenu.affiliates.referral_states import ReferralCount, count_referrals, list_referrals
from chenu.affiliates.referrals import ReferralRow
from chenu.core.clock import business_now
from chenu.core.paging import PageRequest
from chenu.flows.affiliates.sign_up import sign_up_customer
from chenu.flows.affiliates.signals import FoundSignal, find_signals, read_signals
from chenu.flows.services import Services
from tests.affiliates.bound import make_affiliate
from tests.affiliates.clicked import click
from tests.people import Person, make_person

HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"
CALM = ClickPeaks(0, 0, 0)


@pytest.fixture
async def theo(services: Services) -> Person:
    person = await make_person("theo")
    await open_session(person.user_id, "tests", HOME)
    return person


@pytest.fixture
async def affiliate(theo: Person) -> AffiliateRow:
    return await make_affiliate(theo)


async def _sign_up(
    services: Services, affiliate: AffiliateRow, email: str, ip: str = ELSEWHERE
) -> ReferralRow:
    person = SignUp(email, "long enough for us", "Somebody", referral_code=affiliate.code)
    await sign_up_customer(services.settings, person, Browser("tests", ip))
    assert await find_user_by_email(email) is not None
    return (await list_referrals(affiliate.id, PageRequest(1))).rows[0]


async def test_a_customer_of_another_network_counts(
    services: Services, affiliate: AffiliateRow
) -> None:
    referral = await _sign_up(services, affiliate, "lea@example.org")

    assert (referral.state, referral.reason) == (ReferralState.BOUND, "")
    assert await find_signals(affiliate.id, await count_referrals([affiliate.id])) == []


async def test_disposable_mail_is_held(services: Services, affiliate: AffiliateRow) -> None:
    referral = await _sign_up(services, affiliate, "lea@mailinator.com")

    assert (referral.state, referral.reason) == (ReferralState.HELD, HoldReason.DISPOSABLE_MAIL)


async def test_the_affiliates_own_network_is_held(
    services: Services, affiliate: AffiliateRow
) -> None:
    referral = await _sign_up(services, affiliate, "lea@example.org", HOME)

    assert (referral.state, referral.reason) == (ReferralState.HELD, HoldReason.SAME_HOUSEHOLD)


async def test_a_second_customer_of_one_network_is_held(
    services: Services, affiliate: AffiliateRow
) -> None:
    first = await _sign_up(services, affiliate, "lea@example.org")
    second = await _sign_up(services, affiliate, "max@example.org")

    assert first.state is ReferralState.BOUND
    assert (second.state, second.reason) == (ReferralState.HELD, HoldReason.SAME_HOUSEHOLD)


async def test_a_second_account_of_one_mailbox_is_held(
    services: Services, affiliate: AffiliateRow
) -> None:
    await _sign_up(services, affiliate, "lea@example.org", "192.0.2.1")
    second = await _sign_up(services, affiliate, "lea+two@example.org", "192.0.2.2")

    assert (second.state, second.reason) == (ReferralState.HELD, HoldReason.DUPLICATE_ACCOUNT)
    counts = await count_referrals([affiliate.id])
    assert await find_signals(affiliate.id, counts) == [
        FoundSignal(FraudSignal.DUPLICATE_ACCOUNT, 1)
    ]


async def test_clicks_are_counted_by_visitor_and_hour(
    services: Services, affiliate: AffiliateRow
) -> None:
    hour = business_now().replace(minute=0, second=0)
    for number in range(100):
        await click(affiliate, f"192.0.2.{max(number, 7)}", hour)

    peaks = await get_click_peaks(affiliate.id, hour)

    assert peaks == ClickPeaks(8, 100, 100)
    assert await find_signals(affiliate.id, []) == [
        FoundSignal(FraudSignal.CLICK_BURST, 100),
        FoundSignal(FraudSignal.EAGER_VISITOR, 8),
    ]


def test_each_reason_has_its_signal(affiliate: AffiliateRow) -> None:
    counts = [
        ReferralCount(affiliate.id, state, reason, 2)
        for state, reason in (
            (ReferralState.REFUSED, ReferralReason.SAME_CARD),
            (ReferralState.REFUSED, ReferralReason.OWN_BROWSER),
            (ReferralState.REFUSED, ReferralReason.EXISTING_CUSTOMER),
            (ReferralState.HELD, HoldReason.SAME_HOUSEHOLD),
            (ReferralState.HELD, "What staff wrote."),
            (ReferralState.BOUND, ""),
        )
    ]

    assert read_signals(counts, CALM) == [
        FoundSignal(FraudSignal.SELF_REFERRAL, 4),
        FoundSignal(FraudSignal.SAME_HOUSEHOLD, 2),
    ]
