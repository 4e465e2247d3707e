"""The caller of a request and what it may do; the faces pass it to flows."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.errors import RightMissing
from chenu.accounts.roles import RIGHT_OF_SCOPE, RULES, Right, role_allows
from chenu.accounts.roles import AccountRole as AccountRole
from chenu.accounts.roles import ApiScope as ApiScope
from chenu.core.errors import Forbidden, Unauthenticated, Unverified
from chenu.core.i18n import DEFAULT_LOCALE, Locale, mark
from chenu.tiers.api_plan_codes import ApiPlanCode
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import Entitlements, Override

UserId = NewType("UserId", UUID)
AccountId = NewType("AccountId", UUID)
SessionId = NewType("SessionId", UUID)


_NO_SEAT = mark(
    "This account has more members than seats: you can read here, and do more once its owner "
    "frees a seat or chooses a larger plan"
)
_NO_RIGHT = mark(
    "Your role in this account does not include this: ask its owner, or act for another account"
)


class ActorKind(StrEnum):
    ANONYMOUS = "ANONYMOUS"
    SESSION = "SESSION"
    API_KEY = "API_KEY"
    SERVICE_KEY = "SERVICE_KEY"


class Staff(StrEnum):
    SUPPORT = "SUPPORT"
    REVIEWER = "REVIEWER"
    FINANCE = "FINANCE"
    ADMIN = "ADMIN"


class Impersonator(msgspec.Struct, frozen=True):
    """Who of the staff sees this person's pages, and nothing else, until when (system time)."""

    user_id: UserId
    name: str
    customer_name: str
    until: datetime


class Actor(msgspec.Struct, frozen=True):
    """`account_id` is the account that the request acts for. API keys never have staff roles.

    `session_id` or `key_id` identifies the credential that the caller used. `has_seat` is False for
    a member beyond the account's seats, who may only read. `api_plan` is the paid one; `api_calls`
    (a month) and `api_rate` (a minute) are a contract's: chenu/metering/plan_of.py reads them.
    `documents_only` is of a key that runs stored operations and no others. `impersonator`: staff
    see the pages of this person, whose `session_id` is then that of the impersonation.
    """

    kind: ActorKind = ActorKind.ANONYMOUS
    user_id: UserId | None = None
    account_id: AccountId | None = None
    account_role: AccountRole | None = None
    has_seat: bool = True
    has_other_accounts: bool = False
    tier: TierCode = TierCode.FREE
    overrides: tuple[Override, ...] = ()
    api_plan: ApiPlanCode = ApiPlanCode.FREE
    api_calls: int | None = None
    api_rate: int | None = None
    staff: frozenset[Staff] = frozenset()
    scopes: frozenset[ApiScope] = frozenset()
    email_verified: bool = False
    session_id: SessionId | None = None
    key_id: UUID | None = None
    documents_only: bool = False
    locale: Locale = DEFAULT_LOCALE
    ip: str = ""
    impersonator: Impersonator | None = None

    @property
    def entitlements(self) -> Entitlements:
        """What the account may, as of this request: each check asks this, not the database."""
        return Entitlements(self.tier, self.overrides, self.api_plan)

    @property
    def is_staff(self) -> bool:
        return bool(self.staff)

    def may(self, scope: ApiScope) -> bool:
        """A session has all rights of its user; a key has those of its scopes."""
        if self.kind is ActorKind.SESSION:
            return True
        return scope in self.scopes

    def has_staff(self, role: Staff) -> bool:
        return role in self.staff or Staff.ADMIN in self.staff

    def require_user(self) -> UserId:
        """Raises Unauthenticated."""
        if self.user_id is None:
            raise Unauthenticated("Please sign in first")
        return self.user_id

    def has_right(self, right: Right) -> bool:
        """By role and seat alone: a key needs the scope as well."""
        if self.kind is ActorKind.SERVICE_KEY:
            return RULES[right].for_apps
        role = self.account_role
        return role is not None and role_allows(role, right, has_seat=self.has_seat)

    def require_right(self, right: Right) -> AccountId:
        """The account acted for; raises Unauthenticated, or Forbidden with what is missing."""
        return self._require(right, RULES[right].scope)

    def require_account(self, scope: ApiScope) -> AccountId:
        """The same for the right that a key's scope stands for."""
        return self._require(RIGHT_OF_SCOPE[scope], scope)

    def _require(self, right: Right, scope: ApiScope) -> AccountId:
        if self.account_id is None:
            raise Unauthenticated("Please sign in first")
        if not self.may(scope):
            raise Forbidden("This key needs the scope {scope}", scope=scope.value)
        if not self.has_right(right):
            raise RightMissing(_NO_RIGHT if self.has_seat else _NO_SEAT)
        return self.account_id

    def require_spending(self) -> AccountId:
        """The same for using up tokens: a key may have either scope."""
        scope = ApiScope.EXECUTIONS if self.may(ApiScope.EXECUTIONS) else ApiScope.TOKENS
        return self.require_account(scope)

    def require_spender(self, scope: ApiScope) -> AccountId:
        """The same for what costs the account money, which no service key may do."""
        account_id = self.require_account(scope)
        if self.account_role is None:
            raise RightMissing(_NO_RIGHT)
        return account_id

    def require_staff(self, role: Staff) -> UserId:
        """Raises Forbidden; Unauthenticated for an anonymous caller."""
        user_id = self.require_user()
        if not self.has_staff(role):
            raise Forbidden("This is for staff only")
        return user_id

    def require_verified(self) -> None:
        """Raises Unverified until the email address is verified."""
        if not self.email_verified:
            raise Unverified("Please verify your e-mail address first: we sent you a link")


ANONYMOUS = Actor()
