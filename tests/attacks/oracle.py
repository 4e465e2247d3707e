"""What must happen, worked out from the declared rule and from who owns what.

Nothing here calls the product's checks: the tables are what a reviewer of the rules signs.
"""

from collections.abc import Callable

from chenu.accounts.actor import ApiScope, Staff
from chenu_graphql import permissions
from chenu_graphql.permissions import Rule
from tests.attacks.cast import Caller

READ, AGENTS, MARKETPLACE = ApiScope.READ, ApiScope.AGENTS, ApiScope.MARKETPLACE

Decide = Callable[[Caller], bool]

_OF_BUYER = {"user", "account", "purchase", "payment", "grant", "api key"}
_PUBLIC = {"agent on sale", "published version", "creator"}
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
    permissions.AGENTS: lambda who: who.may(AGENTS),
    permissions.MARKETPLACE: lambda who: who.may(MARKETPLACE),
    permissions.STAFF: lambda who: bool(who.staff),
    permissions.REVIEWER: lambda who: who.has_staff(Staff.REVIEWER),
}
"""Who may ask a field of a root, by its rule; a rule that is missing here fails the matrix."""


def _made_it(who: Caller) -> bool:
    return who.owns == "creator" and who.may(READ, AGENTS)


def _sells_it(who: Caller) -> bool:
    return who.owns == "creator" and who.may(READ)


FIELDS: dict[Rule, Decide] = {
    permissions.PARENT: _everybody,
    permissions.DECIDED: _everybody,
    permissions.SELF: _everybody,
    permissions.ACTING: _everybody,
    permissions.HOLDER: _everybody,
    permissions.MAKER: lambda who: _made_it(who) or bool(who.staff),
    permissions.SELLER: lambda who: _sells_it(who) or bool(who.staff),
}
"""Who may ask a field of an object that they were given: private objects are given to few."""


def is_given(who: Caller, thing: str) -> bool:
    """Does node(id) find this thing for them?"""
    if thing in _PUBLIC:
        return True
    if thing in _IN_THE_MAKING:
        return _made_it(who) or who.has_staff(Staff.REVIEWER)
    if thing == "sale":
        return _sells_it(who) or bool(who.staff)
    if thing == "user" and who.is_service:
        return False
    assert thing in _OF_BUYER
    return who.owns == "buyer" and who.may(READ)
