"""The access rules, one of which each field of the schema declares: deny by default."""

import hmac
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import Actor, ActorKind, ApiScope, Staff
from chenu.accounts.roles import RULES, Right
from chenu.agents.queries import is_maker
from chenu.core.errors import Forbidden
from chenu.core.i18n import mark
from chenu_graphql.context import Context

_KEYS = (ActorKind.API_KEY, ActorKind.SERVICE_KEY)
_SOMEBODY_ELSES = mark("This belongs to somebody else")


class Rule(msgspec.Struct, frozen=True):
    """`check` gets the context and the object whose field is resolved.

    It raises Forbidden or Unauthenticated; None if nothing is left to check. `for_apps`: service
    keys may use a mutation with this rule, which else they may not. `scopes`: a key needs one of
    them, whatever else is checked; empty where none is asked, or where no key is let in.
    """

    name: str
    check: Callable[[Context, Any], None] | None = None
    for_apps: bool = False
    scopes: frozenset[ApiScope] = frozenset()

    def require(self, ctx: Context, source: Any = None) -> None:
        if self.scopes and ctx.actor.kind in _KEYS:
            _require_scope(ctx.actor, self.scopes)
        if self.check is not None:
            self.check(ctx, source)


def _require_scope(actor: Actor, scopes: frozenset[ApiScope]) -> None:
    if not actor.scopes.isdisjoint(scopes):
        return
    names = sorted(scope.value for scope in scopes)
    if len(names) == 1:
        raise Forbidden("This key needs the scope {scope}", scope=names[0])
    raise Forbidden(mark("This key needs one of the scopes {scopes}"), scopes=", ".join(names))


ANYONE = Rule("anyone")
PARENT = Rule("whoever was given the object that it belongs to")
DECIDED = Rule("the business decides what the caller gets to see, null where that is nothing")


def _require_reader(ctx: Context, _: Any) -> None:
    """A signed-in person, or a key with the scope READ."""
    actor = ctx.actor
    if actor.account_id is not None and not actor.may(ApiScope.READ):
        actor.require_account(ApiScope.READ)


def _require_person(ctx: Context, _: Any) -> None:
    if ctx.actor.kind not in (ActorKind.ANONYMOUS, ActorKind.SESSION):
        raise Forbidden("This is for people who are signed in, not for keys")


def _require_session(ctx: Context, _: Any) -> None:
    _require_person(ctx, None)
    ctx.actor.require_user()


def _require_self(ctx: Context, user: Any) -> None:
    _require_reader(ctx, None)
    if ctx.actor.user_id != user.id:
        raise Forbidden(_SOMEBODY_ELSES)


def _require_acting(ctx: Context, account: Any) -> None:
    if ctx.actor.require_account(ApiScope.READ) != account.id:
        raise Forbidden("Name this account in the header Chenu-Account to read this")


def _require_own_sign_in(ctx: Context, account: Any) -> None:
    _require_session(ctx, None)
    if ctx.actor.require_right(Right.MANAGE_MEMBERS) != account.id:
        raise Forbidden("Name this account in the header Chenu-Account to read this")


def _require_holder(ctx: Context, row: Any) -> None:
    """The key that bought an agent may also read it."""
    actor = ctx.actor
    if actor.account_id is None or actor.account_id != row.account_id:
        raise Forbidden(_SOMEBODY_ELSES)
    if not actor.may(ApiScope.MARKETPLACE):
        actor.require_account(ApiScope.READ)


def _require_runner(ctx: Context, row: Any) -> None:
    """The key that began a run may also read it."""
    actor = ctx.actor
    if actor.account_id is None or actor.account_id != row.account_id:
        raise Forbidden(_SOMEBODY_ELSES)
    if not actor.may(ApiScope.EXECUTIONS):
        actor.require_account(ApiScope.READ)


def _require_maker(ctx: Context, agent: Any) -> None:
    if is_maker(ctx.actor, agent):
        return
    if not ctx.actor.is_staff:
        raise Forbidden("This is for the agent's creator and staff only")
    ctx.reading.record_staff_read("review", agent.id)


def is_own_profile(ctx: Context, creator: Any) -> bool:
    """The creator in person, or a key with READ or AGENTS."""
    actor = ctx.actor
    has_scope = actor.may(ApiScope.READ) or actor.may(ApiScope.AGENTS)
    return actor.user_id is not None and creator.owner_id == actor.user_id and has_scope


def _require_seller(ctx: Context, creator: Any) -> None:
    actor = ctx.actor
    if actor.user_id is not None and creator.owner_id == actor.user_id:
        actor.require_account(ApiScope.READ)
    elif actor.is_staff:
        ctx.reading.record_staff_read("earnings", creator.id)
    else:
        raise Forbidden("This is for the creator and staff only")


def is_own_affiliate(ctx: Context, affiliate: Any) -> bool:
    """In person, or by a key with READ."""
    actor = ctx.actor
    return actor.user_id == affiliate.member and actor.may(ApiScope.READ)


def _require_affiliate(ctx: Context, affiliate: Any) -> None:
    if ctx.actor.user_id != affiliate.member:
        raise Forbidden(_SOMEBODY_ELSES)
    ctx.actor.require_account(ApiScope.READ)


def _require_service(ctx: Context, _: Any) -> None:
    if ctx.actor.kind is not ActorKind.SERVICE_KEY:
        raise Forbidden("This is for the service keys of the CHE·NU apps")


def _require_spending(ctx: Context, _: Any) -> None:
    ctx.actor.require_spending()


def _require_staff(ctx: Context, _: Any) -> None:
    if not ctx.actor.is_staff:
        raise Forbidden("This is for staff only")


def _require_reviewer(ctx: Context, _: Any) -> None:
    ctx.actor.require_staff(Staff.REVIEWER)


def _require_support(ctx: Context, _: Any) -> None:
    """A person, as below."""
    ctx.actor.require_staff(Staff.SUPPORT)


def _require_finance(ctx: Context, _: Any) -> None:
    """A person: keys never have staff roles."""
    ctx.actor.require_staff(Staff.FINANCE)


def for_right(right: Right) -> Rule:
    """For whoever has the right in the account acted for: accounts/roles.py, as on pages."""

    def require(ctx: Context, _: Any) -> None:
        ctx.actor.require_right(right)

    rule = RULES[right]
    roles = ", ".join(sorted(rule.roles))
    name = f"members with the role {roles}, and keys with the scope {rule.scope}"
    return Rule(name, require, scopes=frozenset({rule.scope}))


def for_person_with(right: Right) -> Rule:
    """The same, but no key."""

    def require(ctx: Context, _: Any) -> None:
        _require_session(ctx, None)
        ctx.actor.require_right(right)

    roles = ", ".join(sorted(RULES[right].roles))
    return Rule(f"people who are signed in, with the role {roles}; no key", require)


def _for_apps_too(right: Right) -> Rule:
    """For whoever has the right, and for service keys, which act for any account."""
    rule = for_right(right)
    return replace(rule, name=f"{rule.name}, and service keys", for_apps=True)


def _require_invoice_reader(ctx: Context, row: Any) -> None:
    """`row` has an account_id, or is the account itself."""
    account_id = ctx.actor.require_right(Right.READ_INVOICES)
    if account_id != getattr(row, "account_id", row.id):
        raise Forbidden(_SOMEBODY_ELSES)


_READ = frozenset({ApiScope.READ})

READER = Rule("people, and keys with the scope READ", _require_reader, scopes=_READ)
PERSON = Rule("people, signed in or not; no key", _require_person)
SESSION = Rule("people who are signed in; no key", _require_session)
SELF = Rule("the person in question; a key needs READ", _require_self, scopes=_READ)
ACTING = Rule("who acts for the account; a key needs READ", _require_acting, scopes=_READ)
HOLDER = Rule(
    "who acts for the account that it belongs to; a key needs READ or MARKETPLACE",
    _require_holder,
    scopes=_READ | {ApiScope.MARKETPLACE},
)
RUNNER = Rule(
    "who acts for the account that ran it; a key needs READ or EXECUTIONS",
    _require_runner,
    scopes=_READ | {ApiScope.EXECUTIONS},
)
MAKER = Rule(
    "the agent's creator and staff; a key needs READ or AGENTS",
    _require_maker,
    scopes=_READ | {ApiScope.AGENTS},
)
SELLER = Rule("the creator in person and staff; a key needs READ", _require_seller, scopes=_READ)
AFFILIATE = Rule("the affiliate in person; a key needs READ", _require_affiliate, scopes=_READ)
STAFF = Rule("staff", _require_staff)
REVIEWER = Rule("staff with the role REVIEWER", _require_reviewer)
FINANCE = Rule("staff with the role FINANCE", _require_finance)
SUPPORT = Rule("staff with the role SUPPORT", _require_support)
AGENTS = for_right(Right.MAKE_AGENTS)
MARKETPLACE = for_right(Right.BUY_AGENTS)
PLANS = for_right(Right.MANAGE_PLAN)
PACKS = for_right(Right.BUY_PACKS)
INVOICES = Rule(
    "members with the role BILLING or OWNER, and keys with the scope BILLING",
    _require_invoice_reader,
    scopes=frozenset({ApiScope.BILLING}),
)
KEYS = for_person_with(Right.MANAGE_KEYS)
OWNERS = for_person_with(Right.MANAGE_MEMBERS)
SIGN_IN_SETUP = Rule("the owner of the account in person; no key", _require_own_sign_in)
SERVICE = Rule("service keys of the CHE·NU apps", _require_service, for_apps=True)
RUNS = _for_apps_too(Right.USE_AGENTS)
SPENDING = Rule(
    "members with the role MEMBER or OWNER, keys with the scope EXECUTIONS or TOKENS, and service "
    "keys for any account",
    _require_spending,
    for_apps=True,
    scopes=frozenset({ApiScope.EXECUTIONS, ApiScope.TOKENS}),
)


def require_write(ctx: Context, rule: Rule) -> None:
    """Required of every mutation: our own origin and the session's CSRF token; no service key,
    except where the rule says so.

    Raises Forbidden. API keys need no token, because browsers do not send them by themselves.
    """
    kind = ctx.actor.kind
    if kind is ActorKind.SERVICE_KEY and not rule.for_apps:
        raise Forbidden("Service keys may only read, report use and spend tokens")
    if kind in _KEYS:
        return
    if not ctx.request_context.origin_ok:
        raise Forbidden("This was sent from another site")
    expected = ctx.csrf_token
    if expected is None:
        return
    if not hmac.compare_digest(expected.encode(), ctx.csrf_header.encode()):
        raise Forbidden("The header X-CSRF-Token must carry this session's token")
