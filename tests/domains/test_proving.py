"""A name belongs to the account that sets a record for it, one account at a time."""

import pytest

from chenu.accounts.actor import AccountRole, Staff
from chenu.core.errors import (
    AlreadyExists,
    Forbidden,
    Invalid,
    InvalidState,
    NotFound,
    ProviderUnavailable,
)
from chenu.domains.domains import DomainRow, find_owner, get_domain_by_id
from chenu.domains.model import NameKind, ProofSource
from chenu.domains.proving import add_name, confirm_name, prove_name, release_name, remove_name
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import PlanRequired
from tests.domains.resolvers import Records
from tests.people import Person, make_member, make_person
from tests.rows import count, fingerprint

MAIL = NameKind.MAIL


async def make_owner(name: str = "elsa") -> Person:
    return await make_person(name, TierCode.ENTERPRISE)


def answering(row: DomainRow) -> Records:
    return Records({row.record_name: ["v=spf1 -all", row.record_value]})


async def prove(owner: Person, name: str = "acme.fr", kind: NameKind = MAIL) -> DomainRow:
    row = await add_name(owner.actor, kind, name)
    return await prove_name(answering(row), owner.actor, row.id)


async def test_a_record_proves_a_name_and_the_trail_says_so(services: Services) -> None:
    owner = await make_owner()

    row = await prove(owner)

    assert (row.is_proved, row.source) == (True, ProofSource.DNS)
    assert await find_owner(MAIL, "acme.fr") == owner.actor.account_id
    assert await find_owner(NameKind.HOST, "acme.fr") is None
    assert await count("audit_event", "action IN ('domain.add', 'domain.prove')") == 2


async def test_without_its_record_nothing_is_proved_and_the_refusal_says_what_to_set(
    services: Services,
) -> None:
    owner = await make_owner()
    row = await add_name(owner.actor, MAIL, "acme.fr")
    other = Records({row.record_name: [row.record_value + "0"], "acme.fr": [row.record_value]})

    with pytest.raises(InvalidState) as refused:
        await prove_name(other, owner.actor, row.id)

    assert f"_chenu.acme.fr with the text {row.record_value}" in str(refused.value)
    assert other.asked == ["_chenu.acme.fr"]
    assert await find_owner(MAIL, "acme.fr") is None


async def test_silent_name_servers_prove_nothing(services: Services) -> None:
    owner = await make_owner()
    row = await add_name(owner.actor, MAIL, "acme.fr")

    with pytest.raises(ProviderUnavailable, match="do not answer"):
        await prove_name(Records(is_away=True), owner.actor, row.id)

    assert not (await get_domain_by_id(row.id)).is_proved


@pytest.mark.parametrize("kind", NameKind)
async def test_a_name_is_proved_by_one_account_at_a_time(
    services: Services, kind: NameKind
) -> None:
    owner, rival = await make_owner(), await make_owner("rita")
    held = await prove(owner)
    wanted = await add_name(rival.actor, kind, "acme.fr")

    with pytest.raises(AlreadyExists, match="Another account has proved"):
        await prove_name(answering(wanted), rival.actor, wanted.id)

    await remove_name(owner.actor, held.id)
    assert (await prove_name(answering(wanted), rival.actor, wanted.id)).is_proved


async def test_names_are_for_owners_of_accounts_whose_plan_has_them(services: Services) -> None:
    small = await make_person("paul", TierCode.BUSINESS)
    owner = await make_owner()
    member = await make_member(owner, "hugo", AccountRole.MEMBER)
    before = await fingerprint()

    with pytest.raises(PlanRequired):
        await add_name(small.actor, MAIL, "acme.fr")
    with pytest.raises(Forbidden):
        await add_name(member.actor, MAIL, "acme.fr")

    assert await fingerprint() == before


async def test_another_accounts_name_is_not_there(services: Services) -> None:
    owner, rival = await make_owner(), await make_owner("rita")
    row = await add_name(owner.actor, MAIL, "acme.fr")

    with pytest.raises(NotFound):
        await prove_name(answering(row), rival.actor, row.id)
    with pytest.raises(NotFound):
        await remove_name(rival.actor, row.id)


async def test_staff_confirm_and_release_a_name_for_a_reason(services: Services) -> None:
    owner = await make_owner()
    support = await make_person("sam", staff=(Staff.SUPPORT,))
    row = await add_name(owner.actor, MAIL, "acme.fr")
    with pytest.raises(Invalid):
        await confirm_name(support.actor, row.id, " ")
    with pytest.raises(Forbidden):
        await confirm_name(owner.actor, row.id, "it is ours")

    await confirm_name(support.actor, row.id, "the registry's extract of today")

    found = await get_domain_by_id(row.id)
    assert (found.source, found.reason) == (ProofSource.STAFF, "the registry's extract of today")
    await release_name(support.actor, row.id, "sold to somebody else")
    found = await get_domain_by_id(row.id)
    assert not found.is_proved
    assert found.token != row.token
    assert await count("audit_event", "by_staff AND action LIKE 'domain.%'") == 2
