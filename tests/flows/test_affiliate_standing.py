"""Staff suspend and reinstate affiliates, hold referrals, and bind customers by hand."""

from collections.abc import Awaitable, Callable

import pytest

from chenu.accounts.actor import ApiScope, Staff
from chenu.affiliates.affiliates import AffiliateRow, get_affiliate
from chenu.affiliates.commissions import CommissionSums, get_commission_sums
from chenu.affiliates.model import AffiliateStatus, ReferralOrigin, ReferralState
from chenu.affiliates.referrals import find_referral_of, get_referral
from chenu.core.errors import ChenuError, Forbidden, Invalid, InvalidState
from chenu.core.money import Cents
from chenu.flows.affiliates.attribution import attribute_account
from chenu.flows.affiliates.held_referrals import hold_referral, release_referral
from chenu.flows.affiliates.standing import reinstate_affiliate, suspend_affiliate
from chenu.flows.services import Services
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.earned import DUE, earn
from tests.people import Person, make_person
from tests.rows import fingerprint, mails_to

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
async def finance(services: Services) -> Person:
    return await make_person("finance", staff=(Staff.FINANCE,))


@pytest.fixture
async def theo(services: Services) -> Person:
    return await make_person("theo")


@pytest.fixture
async def affiliate(theo: Person) -> AffiliateRow:
    return await make_affiliate(theo)


async def test_a_suspended_affiliate_has_a_mail_with_the_reason(
    finance: Person, theo: Person, affiliate: AffiliateRow
) -> None:
    await suspend_affiliate(finance.actor, affiliate.id, " Own network. ")

    suspended = await get_affiliate(affiliate.id)
    assert suspended.status is AffiliateStatus.SUSPENDED
    assert suspended.suspended_at is not None
    assert suspended.suspension_reason == "Own network."
    assert await mails_to(theo.email) == ["AFFILIATE_SUSPENDED"]


async def test_a_reinstated_affiliate_is_as_before(
    finance: Person, theo: Person, affiliate: AffiliateRow
) -> None:
    await suspend_affiliate(finance.actor, affiliate.id, "Own network.")

    await reinstate_affiliate(finance.actor, affiliate.id, "A shared office.")

    assert await get_affiliate(affiliate.id) == affiliate
    assert "AFFILIATE_REINSTATED" in await mails_to(theo.email)


async def test_what_is_not_paid_is_held_during_a_suspension(
    finance: Person, affiliate: AffiliateRow
) -> None:
    """But for a referral that is held itself, which stays so."""
    lea = await bind(await make_person("lea"), affiliate)
    max_ = await bind(await make_person("max"), affiliate)
    for referral in (lea, max_):
        await earn(referral, 600)
        await earn(referral, 300, DUE, days=-1)
    await hold_referral(finance.actor, max_.id, "Same flat.")

    await suspend_affiliate(finance.actor, affiliate.id, "Own network.")
    suspended = await get_commission_sums(affiliate.id)
    await reinstate_affiliate(finance.actor, affiliate.id, "A shared office.")
    reinstated = await get_commission_sums(affiliate.id)
    await release_referral(finance.actor, max_.id, "Two flats.")
    released = await get_commission_sums(affiliate.id)

    assert suspended == CommissionSums(Cents(0), Cents(0), Cents(0), Cents(1800))
    assert reinstated == CommissionSums(Cents(600), Cents(300), Cents(0), Cents(900))
    assert released == CommissionSums(Cents(1200), Cents(600), Cents(0), Cents(0))
    assert (await get_referral(lea.id)).state is ReferralState.BOUND


async def test_a_referral_is_held_and_released(finance: Person, affiliate: AffiliateRow) -> None:
    referral = await bind(await make_person("lea"), affiliate)

    await hold_referral(finance.actor, referral.id, "Same flat.")
    held = await get_referral(referral.id)
    await release_referral(finance.actor, referral.id, "Two flats.")

    assert (held.state, held.reason) == (ReferralState.HELD, "Same flat.")
    assert await get_referral(referral.id) == referral


@pytest.mark.parametrize("by", ["address", "id"])
async def test_a_customer_is_bound_by_hand(
    finance: Person, affiliate: AffiliateRow, by: str
) -> None:
    lea = await make_person("lea")
    account_id = lea.actor.require_account(ApiScope.READ)
    customer = " LEA@example.org " if by == "address" else str(account_id)

    await attribute_account(finance.actor, affiliate.id, customer, "Wrote to us.")

    found = await find_referral_of(account_id)
    assert found is not None
    assert (found.affiliate_id, found.member) == (affiliate.id, lea.user_id)
    assert (found.origin, found.state) == (ReferralOrigin.MANUAL, ReferralState.BOUND)


async def _attribute(finance: Person, affiliate: AffiliateRow, customer: str) -> None:
    await attribute_account(finance.actor, affiliate.id, customer, "Wrote to us.")


@pytest.mark.parametrize(
    "customer",
    ["theo@example.org", "theo+2@example.org", "nobody@example.org", "bound@example.org", "", "7"],
)
async def test_whom_staff_cannot_bind(
    finance: Person, affiliate: AffiliateRow, customer: str
) -> None:
    """The affiliate, by another address too, nobody, and who is bound, were it by a refusal."""
    await make_person("theo+2")
    other = await make_affiliate(await make_person("other"))
    await bind(await make_person("bound"), other, ReferralState.REFUSED)
    before = await fingerprint()

    with pytest.raises(Invalid) as refusal:
        await _attribute(finance, affiliate, customer)

    assert refusal.value.path == ("customer",)
    assert await fingerprint() == before


async def test_nobody_decides_about_themselves(finance: Person, affiliate: AffiliateRow) -> None:
    own = await make_affiliate(finance)
    before = await fingerprint()

    with pytest.raises(InvalidState, match="another colleague"):
        await suspend_affiliate(finance.actor, own.id, "Mine.")
    with pytest.raises(InvalidState, match="another colleague"):
        await _attribute(finance, affiliate, finance.email)

    assert await fingerprint() == before


Act = Callable[[Person, AffiliateRow], Awaitable[object]]

ACTS: dict[str, Act] = {
    "suspend": lambda by, of: suspend_affiliate(by.actor, of.id, "Reason."),
    "reinstate": lambda by, of: reinstate_affiliate(by.actor, of.id, "Reason."),
    "attribute": lambda by, of: _attribute(by, of, "lea@example.org"),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
async def test_only_finance_acts(affiliate: AffiliateRow, act: Act) -> None:
    others = [Staff.SUPPORT, Staff.REVIEWER]
    people = [await make_person(f"staff{role.lower()}", staff=(role,)) for role in others]

    for person in people:
        with pytest.raises(Forbidden):
            await act(person, affiliate)


async def test_what_is_so_already_is_refused(finance: Person, affiliate: AffiliateRow) -> None:
    lea = await bind(await make_person("lea"), affiliate)
    refused = await bind(await make_person("max"), affiliate, ReferralState.REFUSED)
    tries = [
        reinstate_affiliate(finance.actor, affiliate.id, "Reason."),
        release_referral(finance.actor, lea.id, "Reason."),
        release_referral(finance.actor, refused.id, "Reason."),
        hold_referral(finance.actor, refused.id, "Reason."),
    ]
    before = await fingerprint()

    for each in tries:
        with pytest.raises(InvalidState):
            await each

    assert await fingerprint() == before


async def test_no_act_passes_without_a_reason(finance: Person, affiliate: AffiliateRow) -> None:
    with pytest.raises(ChenuError) as refusal:
        await suspend_affiliate(finance.actor, affiliate.id, " ")

    assert refusal.value.path == ("reason",)
    assert (await get_affiliate(affiliate.id)).is_active
