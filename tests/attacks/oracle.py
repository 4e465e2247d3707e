"""The expected result of each call, derived from the declared rule and from who owns what.

It does not call the product's checks: its tables are an independent statement of the rules.
"""

from collections.abc import Callable

from chenu.accounts.actor import ApiScope, Staff
from chenu_graphql import permissions
from chenu_graphql.permissions import Rule
from tests.attacks.cast import Caller

READ, AGENTS, MARKETPLACE = ApiScope.READ, ApiScope.AGENTS, ApiScope.MARKETPLACE
BILLING = ApiScope.BILLING

Decide = Callable[[Caller], bool]

_OF_BUYER = {
    *("user", "account", "purchase", "payment", "grant", "api key", "plan", "invoice"),
    *("token grant", "token entry", "limit"),
    *("execution", "other execution"),
}
_OF_OWNER = {"domain", "connection", "saml connection", "spare connection"}
_OF_AFFILIATE = {"affiliate", "commission", "payout"}
_PUBLIC = {"agent on sale", "published version", "newer version", "creator", "review"}
_IN_THE_MAKING = {"draft", "draft version"}


def _everybody(_: Caller) -> bool:
    return True


ROOTS: dict[Rule, Decide] = {
    permissions.ANYONE: _everybody,
    permissions.DECIDED: _everybody,
    permissions.READER: lambda who: who.is_nobody or who.may(READ),
    permissions.PERSON: lambda who: who.is_nobody or who.is_person,
    permissions.SESSION: lambda who: who.is_person,
    permissions.KEYS: lambda who: who.is_person,
    permissions.OWNERS: lambda who: who.is_person,
    permissions.AGENTS: lambda who: who.may(AGENTS),
    permissions.MARKETPLACE: lambda who: who.may(MARKETPLACE),
    permissions.PLANS: lambda who: who.may(BILLING),
    permissions.PACKS: lambda who: who.may(BILLING),
    permissions.SERVICE: lambda who: who.is_service,
    permissions.RUNS: lambda who: who.may(ApiScope.EXECUTIONS),
    permissions.SPENDING: lambda who: who.may(ApiScope.EXECUTIONS, ApiScope.TOKENS),
    permissions.STAFF: lambda who: bool(who.staff),
    permissions.FINANCE: lambda who: who.has_staff(Staff.FINANCE),
    permissions.REVIEWER: lambda who: who.has_staff(Staff.REVIEWER),
    permissions.SUPPORT: lambda who: who.has_staff(Staff.SUPPORT),
}
"""Who may query a root field, by its rule; a missing rule fails the matrix."""


def _made_it(who: Caller) -> bool:
    return who.owns == "creator" and who.may(READ, AGENTS)


def _sells_it(who: Caller) -> bool:
    return who.owns == "creator" and who.may(READ)


def _recommends(who: Caller) -> bool:
    return who.owns == "affiliate" and who.may(READ)


FIELDS: dict[Rule, Decide] = {
    permissions.PARENT: _everybody,
    permissions.DECIDED: _everybody,
    permissions.SELF: _everybody,
    permissions.ACTING: _everybody,
    permissions.HOLDER: _everybody,
    permissions.RUNNER: _everybody,
    permissions.SIGN_IN_SETUP: lambda who: who.is_person,
    permissions.INVOICES: lambda who: who.may(BILLING),
    permissions.FINANCE: lambda who: who.has_staff(Staff.FINANCE),
    permissions.AFFILIATE: _recommends,
    permissions.MAKER: lambda who: _made_it(who) or bool(who.staff),
    permissions.SELLER: lambda who: _sells_it(who) or bool(who.staff),
}
"""Who may query a field of an object that they can reach; few can reach private objects."""


def _bought_it(who: Caller) -> bool:
    return who.owns == "buyer" and who.may(READ)


def _sets_up_sign_in(who: Caller) -> bool:
    """In person: no key does."""
    return who.owns == "buyer" and who.is_person


_GIVEN: dict[str, Decide] = {
    **dict.fromkeys(_PUBLIC, _everybody),
    **dict.fromkeys(_IN_THE_MAKING, lambda who: _made_it(who) or who.has_staff(Staff.REVIEWER)),
    **dict.fromkeys(_OF_AFFILIATE, _recommends),
    **dict.fromkeys(_OF_BUYER, _bought_it),
    **dict.fromkeys(_OF_OWNER, _sets_up_sign_in),
    "payout": lambda who: _recommends(who) or who.has_staff(Staff.FINANCE),
    "sale": lambda who: _sells_it(who) or bool(who.staff),
    "coupon": lambda who: who.has_staff(Staff.FINANCE),
    "user": lambda who: _bought_it(who) and not who.is_service,
    "invoice": lambda who: _bought_it(who) and who.may(BILLING),
}


def is_given(who: Caller, thing: str) -> bool:
    """Whether node(id) returns this object for them."""
    return _GIVEN[thing](who)
