"""Who may do what in an account: every right, role and seat, asked as both faces ask it."""

import pytest

from chenu.accounts.actor import AccountId, AccountRole, Actor, ActorKind, ApiScope, UserId
from chenu.accounts.request_context import RequestContext
from chenu.accounts.roles import RIGHT_OF_SCOPE, RULES, Right
from chenu.accounts.seats import has_seat, seats_of
from chenu.core.errors import Forbidden, Unauthenticated
from chenu.core.ids import new_id
from chenu.tiers.catalogue import TierCode
from chenu_graphql import permissions
from chenu_graphql.permissions import for_person_with, for_right
from storefront import access

OWNER, BILLING, MEMBER = AccountRole.OWNER, AccountRole.BILLING, AccountRole.MEMBER

ALLOWED: dict[Right, set[AccountRole]] = {
    Right.READ: {OWNER, BILLING, MEMBER},
    Right.READ_INVOICES: {OWNER, BILLING},
    Right.USE_AGENTS: {OWNER, MEMBER},
    Right.SPEND_TOKENS: {OWNER, MEMBER},
    Right.BUY_AGENTS: {OWNER, MEMBER},
    Right.MAKE_AGENTS: {OWNER},
    Right.MANAGE_PLAN: {OWNER, BILLING},
    Right.BUY_PACKS: {OWNER, BILLING},
    Right.MANAGE_KEYS: {OWNER, BILLING},
    Right.MANAGE_MEMBERS: {OWNER},
    Right.ASK_SUPPORT: {OWNER, BILLING, MEMBER},
}
"""What the product promises, written once more without the product's table."""

WITHOUT_SEAT = {Right.READ, Right.READ_INVOICES}
FOR_APPS = {Right.READ, Right.USE_AGENTS}

CELLS = [
    pytest.param(right, role, seated, id=f"{right}-{role}-{'seat' if seated else 'no seat'}")
    for right in Right
    for role in AccountRole
    for seated in (True, False)
]


def _person(role: AccountRole, *, seated: bool) -> Actor:
    return Actor(
        ActorKind.SESSION,
        UserId(new_id()),
        AccountId(new_id()),
        account_role=role,
        has_seat=seated,
    )


class _Context:
    """As much of a GraphQL context as its rules look at."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor


def _passes_graphql(rule: permissions.Rule, actor: Actor) -> bool:
    try:
        rule.require(_Context(actor))  # type: ignore[arg-type]
    except (Forbidden, Unauthenticated):
        return False
    return True


def _passes_pages(right: Right, actor: Actor) -> bool:
    declared = access.for_right(right)
    try:
        access.require_access(
            RequestContext(actor), declared[access.ACCESS_KEY], declared[access.RIGHT_KEY]
        )
    except (Forbidden, Unauthenticated):
        return False
    return True


@pytest.mark.parametrize(("right", "role", "seated"), CELLS)
def test_pages_and_graphql_let_in_whom_the_table_names(
    right: Right, role: AccountRole, seated: bool
) -> None:
    actor = _person(role, seated=seated)
    expected = role in ALLOWED[right] and (seated or right in WITHOUT_SEAT)

    assert actor.has_right(right) is expected
    assert _passes_graphql(for_right(right), actor) is expected
    assert _passes_graphql(for_person_with(right), actor) is expected
    assert _passes_pages(right, actor) is expected


@pytest.mark.parametrize("right", list(Right))
def test_a_key_needs_the_scope_and_its_maker_the_right(right: Right) -> None:
    scope = RULES[right].scope
    for role in AccountRole:
        maker = _person(role, seated=True)
        for scopes in (frozenset({scope}), frozenset(ApiScope) - {scope}):
            key = Actor(ActorKind.API_KEY, maker.user_id, maker.account_id, role, scopes=scopes)
            expected = scope in scopes and role in ALLOWED[right]

            assert _passes_graphql(for_right(right), key) is expected
            assert not _passes_graphql(for_person_with(right), key)
            assert not _passes_pages(right, key)


@pytest.mark.parametrize("right", list(Right))
def test_a_service_key_does_what_is_for_apps_alone(right: Right) -> None:
    key = Actor(ActorKind.SERVICE_KEY, account_id=AccountId(new_id()), scopes=frozenset(ApiScope))

    assert _passes_graphql(for_right(right), key) is (right in FOR_APPS)
    assert not _passes_pages(right, key)


def test_every_scope_stands_for_a_right_that_needs_it() -> None:
    assert set(RIGHT_OF_SCOPE) == set(ApiScope)
    assert all(RULES[right].scope is scope for scope, right in RIGHT_OF_SCOPE.items())


@pytest.mark.parametrize(
    ("tier", "contract", "seats"),
    [
        (TierCode.FREE, None, 1),
        (TierCode.STARTER, None, 1),
        (TierCode.PRO, None, 1),
        (TierCode.BUSINESS, None, 10),
        (TierCode.ENTERPRISE, None, None),
        (TierCode.ENTERPRISE, 40, 40),
    ],
)
def test_seats_come_from_the_tier_or_the_contract(
    tier: TierCode, contract: int | None, seats: int | None
) -> None:
    assert seats_of(tier, contract) == seats


@pytest.mark.parametrize(
    ("place", "tier", "contract", "expected"),
    [
        (0, TierCode.FREE, None, True),
        (1, TierCode.FREE, None, False),
        (9, TierCode.BUSINESS, None, True),
        (10, TierCode.BUSINESS, None, False),
        (10, TierCode.ENTERPRISE, None, True),
        (3, TierCode.ENTERPRISE, 3, False),
    ],
)
def test_the_newest_beyond_the_seats_have_none(
    place: int, tier: TierCode, contract: int | None, expected: bool
) -> None:
    assert has_seat(place, tier, contract) is expected
