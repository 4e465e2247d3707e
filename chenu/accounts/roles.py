"""Who may do what in an account: the one table that pages, GraphQL and the business ask.

OWNER does everything; BILLING has plans, packs, invoices and keys; MEMBER uses agents and tokens
and buys agents. Whoever has no seat only reads.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class AccountRole(StrEnum):
    """Each account has exactly one OWNER."""

    OWNER = "OWNER"
    BILLING = "BILLING"
    MEMBER = "MEMBER"


class ApiScope(StrEnum):
    READ = "READ"
    AGENTS = "AGENTS"
    EXECUTIONS = "EXECUTIONS"
    TOKENS = "TOKENS"
    BILLING = "BILLING"
    MARKETPLACE = "MARKETPLACE"


class Right(StrEnum):
    """Something that one may do in the account that one acts for."""

    READ = "READ"
    READ_INVOICES = "READ_INVOICES"
    USE_AGENTS = "USE_AGENTS"
    SPEND_TOKENS = "SPEND_TOKENS"
    BUY_AGENTS = "BUY_AGENTS"
    MAKE_AGENTS = "MAKE_AGENTS"
    MANAGE_PLAN = "MANAGE_PLAN"
    BUY_PACKS = "BUY_PACKS"
    MANAGE_KEYS = "MANAGE_KEYS"
    MANAGE_MEMBERS = "MANAGE_MEMBERS"
    ASK_SUPPORT = "ASK_SUPPORT"


class RightRule(msgspec.Struct, frozen=True):
    """`scope` is what a key needs besides its maker's role. `reads`: it changes nothing, and
    therefore needs no seat. `for_apps`: service keys, which have no role, may do it.
    """

    roles: frozenset[AccountRole]
    scope: ApiScope
    reads: bool = False
    for_apps: bool = False


_EVERYBODY = frozenset(AccountRole)
_OWNER = frozenset({AccountRole.OWNER})
_USERS = _OWNER | {AccountRole.MEMBER}
_PAYERS = _OWNER | {AccountRole.BILLING}

RULES: Mapping[Right, RightRule] = {
    Right.READ: RightRule(_EVERYBODY, ApiScope.READ, reads=True, for_apps=True),
    Right.READ_INVOICES: RightRule(_PAYERS, ApiScope.BILLING, reads=True),
    Right.USE_AGENTS: RightRule(_USERS, ApiScope.EXECUTIONS, for_apps=True),
    Right.SPEND_TOKENS: RightRule(_USERS, ApiScope.TOKENS),
    Right.BUY_AGENTS: RightRule(_USERS, ApiScope.MARKETPLACE),
    Right.MAKE_AGENTS: RightRule(_OWNER, ApiScope.AGENTS),
    Right.MANAGE_PLAN: RightRule(_PAYERS, ApiScope.BILLING),
    Right.BUY_PACKS: RightRule(_PAYERS, ApiScope.BILLING),
    Right.MANAGE_KEYS: RightRule(_PAYERS, ApiScope.BILLING),
    Right.MANAGE_MEMBERS: RightRule(_OWNER, ApiScope.BILLING),
    Right.ASK_SUPPORT: RightRule(_EVERYBODY, ApiScope.READ),
}

RIGHT_OF_SCOPE: Mapping[ApiScope, Right] = {
    ApiScope.READ: Right.READ,
    ApiScope.AGENTS: Right.MAKE_AGENTS,
    ApiScope.EXECUTIONS: Right.USE_AGENTS,
    ApiScope.TOKENS: Right.SPEND_TOKENS,
    ApiScope.BILLING: Right.MANAGE_PLAN,
    ApiScope.MARKETPLACE: Right.BUY_AGENTS,
}
"""What a request that needs a key's scope does in the account."""


def role_allows(role: AccountRole, right: Right, *, has_seat: bool) -> bool:
    """A member with that role, within the account's seats or beyond them."""
    rule = RULES[right]
    return role in rule.roles and (has_seat or rule.reads)
