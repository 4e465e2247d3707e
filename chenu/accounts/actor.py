"""Who is asking: the one value that faces hand to flows, and what it may do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

from chenu.core.errors import Forbidden, Unauthenticated, Unverified
from chenu.core.i18n import DEFAULT_LOCALE, Locale
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import Override, Rights

UserId = NewType("UserId", UUID)
AccountId = NewType("AccountId", UUID)
SessionId = NewType("SessionId", UUID)


class ActorKind(StrEnum):
    ANONYMOUS = "ANONYMOUS"
    SESSION = "SESSION"
    API_KEY = "API_KEY"
    SERVICE_KEY = "SERVICE_KEY"


class AccountRole(StrEnum):
    """OWNER and BILLING may spend the account's money."""

    OWNER = "OWNER"
    BILLING = "BILLING"
    MEMBER = "MEMBER"


class Staff(StrEnum):
    SUPPORT = "SUPPORT"
    REVIEWER = "REVIEWER"
    FINANCE = "FINANCE"
    ADMIN = "ADMIN"


class ApiScope(StrEnum):
    READ = "READ"
    AGENTS = "AGENTS"
    EXECUTIONS = "EXECUTIONS"
    TOKENS = "TOKENS"
    BILLING = "BILLING"
    MARKETPLACE = "MARKETPLACE"


@dataclass(frozen=True, slots=True)
class Actor:
    """`account_id` is the account that the request acts for. Keys never carry staff roles.

    `session_id` or `key_id` says by what the caller is known.
    """

    kind: ActorKind = ActorKind.ANONYMOUS
    user_id: UserId | None = None
    account_id: AccountId | None = None
    account_role: AccountRole | None = None
    tier: TierCode = TierCode.FREE
    overrides: tuple[Override, ...] = ()
    staff: frozenset[Staff] = frozenset()
    scopes: frozenset[ApiScope] = frozenset()
    email_verified: bool = False
    session_id: SessionId | None = None
    key_id: UUID | None = None
    locale: Locale = DEFAULT_LOCALE
    ip: str = ""

    @property
    def rights(self) -> Rights:
        """What the account may, as of this request: each check asks this, not the database."""
        return Rights(self.tier, self.overrides)

    @property
    def is_staff(self) -> bool:
        return bool(self.staff)

    def may(self, scope: ApiScope) -> bool:
        """Sessions may all that their user may; keys what their scopes say."""
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

    def require_account(self, scope: ApiScope) -> AccountId:
        """The account acted for; raises Unauthenticated, or Forbidden without the key's scope."""
        if self.account_id is None:
            raise Unauthenticated("Please sign in first")
        if not self.may(scope):
            raise Forbidden("This key needs the scope {scope}", scope=scope.value)
        return self.account_id

    def require_spender(self, scope: ApiScope) -> AccountId:
        """Raises Forbidden for members who may not spend the account's money."""
        account_id = self.require_account(scope)
        if self.account_role not in (AccountRole.OWNER, AccountRole.BILLING):
            raise Forbidden("Only an owner or a billing member can buy for this account")
        return account_id

    def require_staff(self, role: Staff) -> UserId:
        """Raises Forbidden; Unauthenticated for nobody in particular."""
        user_id = self.require_user()
        if not self.has_staff(role):
            raise Forbidden("This is for staff only")
        return user_id

    def require_verified(self) -> None:
        """Raises Unverified until the address is verified by mail."""
        if not self.email_verified:
            raise Unverified("Please verify your e-mail address first: we sent you a link")


ANONYMOUS = Actor()
