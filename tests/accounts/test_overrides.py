"""Overrides: staff give or take one feature of one account, with a reason, audited."""

from datetime import timedelta
from uuid import uuid4

import pytest

from chenu.accounts.actor import ANONYMOUS, AccountId, AccountRole, Staff
from chenu.accounts.entitlements import find_entitlements, get_entitlements
from chenu.accounts.overrides import (
    OverrideInput,
    list_overrides,
    remove_override,
    set_override,
)
from chenu.accounts.users import add_member
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Forbidden, InvalidState, NotFound, Unauthenticated
from chenu.flows.services import Services
from chenu.tiers.catalogue import EntitlementSource, Feature, TierCode
from chenu.tiers.entitlements import Entitlements, find_refusal
from tests.accounts.entitled import override
from tests.api.calls import counted_statements
from tests.people import Person, make_person, sign_in_again
from tests.rows import count, fingerprint, put

REASON = "Agreed by phone."


def account_of(person: Person) -> AccountId:
    assert person.actor.account_id is not None
    return person.actor.account_id


async def entitlements_of(person: Person) -> Entitlements:
    return (await sign_in_again(person.user_id, person.email)).actor.entitlements


async def test_an_override_counts_before_the_tier(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)

    await override(person, Feature.API_ACCESS)

    granted = (await entitlements_of(person)).grant(Feature.API_ACCESS)
    assert (granted.enabled, granted.source) == (True, EntitlementSource.OVERRIDE)
    entitlements = await get_entitlements(account_of(person))
    assert entitlements.of(Feature.API_ACCESS).source is EntitlementSource.OVERRIDE
    assert entitlements.of(Feature.MARKETPLACE).source is EntitlementSource.TIER


async def test_an_override_takes_what_the_tier_gives(services: Services) -> None:
    person = await make_person("zoe", TierCode.PRO)

    await override(person, Feature.MARKETPLACE, enabled=False)

    assert not (await entitlements_of(person)).has(Feature.MARKETPLACE)


async def test_a_second_override_of_a_feature_replaces_the_first(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    colleague = await override(person, Feature.THREADS, 7)

    data = OverrideInput(Feature.THREADS, True, None, "More still.")
    await set_override(colleague.actor, account_of(person), data)

    [found] = await list_overrides(account_of(person))
    assert (found.maximum, found.enabled, found.reason) == (None, True, "More still.")
    assert found.set_by_name == "Colleague"
    assert (await entitlements_of(person)).grant(Feature.THREADS).is_unlimited


async def test_a_removed_override_leaves_what_the_tier_has(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    colleague = await override(person, Feature.THREADS, 7)

    await remove_override(colleague.actor, account_of(person), Feature.THREADS, "It has ended.")

    granted = (await entitlements_of(person)).grant(Feature.THREADS)
    assert (granted.limit, granted.source) == (5, EntitlementSource.TIER)
    with pytest.raises(NotFound):
        await remove_override(colleague.actor, account_of(person), Feature.THREADS, "Again.")


async def test_an_override_ends_at_its_time(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    await override(person, Feature.THREADS, 7)
    await put("entitlement_override", "expires_at", business_now() - timedelta(seconds=1))

    granted = (await entitlements_of(person)).grant(Feature.THREADS)

    assert granted.limit == 5
    assert len(await list_overrides(account_of(person))) == 1


async def test_setting_and_removing_are_audited_with_their_reasons(services: Services) -> None:
    person = await make_person("zoe", TierCode.FREE)
    colleague = await override(person, Feature.THREADS, 7)
    await remove_override(colleague.actor, account_of(person), Feature.THREADS, "It has ended.")

    sql = "SELECT string_agg(action || detail::text, ' ' ORDER BY id) FROM audit_event"
    audit = str(await db.fetch_value(f"{sql} WHERE action LIKE 'entitlement.%'"))

    assert await count("audit_event", "action LIKE 'entitlement.%'") == 2
    assert REASON in audit
    assert "It has ended." in audit


@pytest.mark.parametrize("role", [Staff.REVIEWER, Staff.FINANCE, None], ids=str)
async def test_others_than_the_support_desk_change_nothing(
    services: Services, role: Staff | None
) -> None:
    person = await make_person("zoe", TierCode.FREE)
    await override(person, Feature.THREADS, 7)
    other = await make_person("other", staff=(role,) if role else ())
    before = await fingerprint()

    data = OverrideInput(Feature.THREADS, True, 900, REASON)
    with pytest.raises(Forbidden):
        await set_override(other.actor, account_of(person), data)
    with pytest.raises(Forbidden):
        await remove_override(other.actor, account_of(person), Feature.THREADS, REASON)

    assert await fingerprint() == before


async def test_nobody_in_particular_is_asked_to_sign_in(services: Services) -> None:
    person = await make_person("zoe")
    data = OverrideInput(Feature.THREADS, True, 900, REASON)

    with pytest.raises(Unauthenticated):
        await set_override(ANONYMOUS, account_of(person), data)


async def test_staff_decide_about_no_account_of_their_own(services: Services) -> None:
    person = await make_person("zoe")
    colleague = await make_person("colleague", staff=(Staff.SUPPORT,))
    await add_member(account_of(person), colleague.user_id, AccountRole.MEMBER)
    data = OverrideInput(Feature.THREADS, True, 900, REASON)

    for account in (account_of(colleague), account_of(person)):
        with pytest.raises(InvalidState):
            await set_override(colleague.actor, account, data)

    assert await count("entitlement_override") == 0


BAD = {
    "no reason": (OverrideInput(Feature.THREADS, True, 9, " "), ("reason",)),
    "a long reason": (OverrideInput(Feature.THREADS, True, 9, "x" * 501), ("reason",)),
    "a limit of what is on or off": (OverrideInput(Feature.SSO, True, 9, REASON), ("limit",)),
    "a limit of what is off": (OverrideInput(Feature.THREADS, False, 9, REASON), ("limit",)),
    "a negative limit": (OverrideInput(Feature.THREADS, True, -1, REASON), ("limit",)),
    "a limit beyond JSON": (OverrideInput(Feature.THREADS, True, 2**53, REASON), ("limit",)),
}


@pytest.mark.parametrize(("data", "path"), BAD.values(), ids=BAD.keys())
async def test_bad_overrides_are_refused_at_the_field(
    services: Services, data: OverrideInput, path: tuple[str, ...]
) -> None:
    person = await make_person("zoe")
    colleague = await make_person("colleague", staff=(Staff.SUPPORT,))
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await set_override(colleague.actor, account_of(person), data)

    assert [each.path for each in refused.value.each] == [path]
    assert await fingerprint() == before


async def test_an_end_in_the_past_is_refused(services: Services) -> None:
    person = await make_person("zoe")
    colleague = await make_person("colleague", staff=(Staff.SUPPORT,))
    data = OverrideInput(Feature.THREADS, True, 9, REASON, business_now())

    with pytest.raises(ChenuError) as refused:
        await set_override(colleague.actor, account_of(person), data)

    assert [each.path for each in refused.value.each] == [("expires_at",)]


async def test_an_account_that_there_is_not_is_not_found(services: Services) -> None:
    colleague = await make_person("colleague", staff=(Staff.SUPPORT,))
    data = OverrideInput(Feature.THREADS, True, 9, REASON)

    with pytest.raises(NotFound):
        await set_override(colleague.actor, AccountId(uuid4()), data)


async def test_rights_are_one_statement_however_much_is_asked_of_them(
    services: Services,
) -> None:
    person = await make_person("zoe", TierCode.FREE)
    await override(person, Feature.SSO)

    async with counted_statements() as statements:
        entitlements = await find_entitlements(account_of(person))
        assert entitlements is not None
        open_to = {feature for feature in Feature if find_refusal(entitlements, feature) is None}

    assert len(statements) == 1
    assert Feature.SSO in open_to
    assert Feature.MARKETPLACE not in open_to
    assert await find_entitlements(AccountId(uuid4())) is None
