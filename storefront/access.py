"""The access rule of each page, and the checks that every form sent to a page must pass."""

import hmac
from enum import StrEnum
from typing import Any

from chenu.accounts.actor import Actor, ActorKind, Staff
from chenu.accounts.factor_state import has_second_factor
from chenu.accounts.impersonation import record_page
from chenu.accounts.queries import OwnAccount, list_own_accounts
from chenu.accounts.request_context import STATE_KEY, RequestContext
from chenu.accounts.roles import Right
from chenu.core.errors import BadInput, Forbidden, Unauthenticated
from chenu.settings import Settings
from storefront.forms import SENT_FORM, HttpRequest, read_form, read_query
from storefront.fresh_sign_in import confirm_again
from storefront.meter import METER_KEY, Meter, find_meter
from storefront.viewable_pages import require_viewable

ACCOUNTS_KEY = "own_accounts"
"""In the scope's state: the accounts that the visitor may switch between, if there are several."""
FACTOR_KEY = "asks_second_factor"
"""In the scope's state: whether the page asks its visitor to switch the second factor on."""
ACCESS_KEY = "access"
"""The key of a handler's `opt` that holds its Access; a handler without one refuses everybody."""
RIGHT_KEY = "right"
WITHOUT_METER = {"without_meter": True}
"""For handlers that answer no page: the token meter is not read for them."""


FROM_ELSEWHERE = {"from_elsewhere": True}
"""For the one form that another site's page sends (SAML): it acts for nobody. docs/security.md."""


class Access(StrEnum):
    """SIGNED_IN requires a session: on pages an API key counts as anonymous."""

    PUBLIC = "PUBLIC"
    SIGNED_IN = "SIGNED_IN"
    REVIEWER = "REVIEWER"
    SUPPORT = "SUPPORT"
    SUPPORT_OR_FINANCE = "SUPPORT_OR_FINANCE"
    FINANCE = "FINANCE"
    ADMIN = "ADMIN"


PUBLIC = {ACCESS_KEY: Access.PUBLIC}
SIGNED_IN = {ACCESS_KEY: Access.SIGNED_IN}
REVIEWER = {ACCESS_KEY: Access.REVIEWER}
SUPPORT = {ACCESS_KEY: Access.SUPPORT}
SUPPORT_OR_FINANCE = {ACCESS_KEY: Access.SUPPORT_OR_FINANCE}
FINANCE = {ACCESS_KEY: Access.FINANCE}
ADMIN = {ACCESS_KEY: Access.ADMIN}

_STAFF = {
    Access.REVIEWER: (Staff.REVIEWER,),
    Access.SUPPORT: (Staff.SUPPORT,),
    Access.SUPPORT_OR_FINANCE: (Staff.SUPPORT, Staff.FINANCE),
    Access.FINANCE: (Staff.FINANCE,),
    Access.ADMIN: (Staff.ADMIN,),
}
"""Any of these roles opens the page; an administrator has them all."""


def for_right(right: Right) -> dict[str, Access | Right]:
    """For people who have the right in the account acted for: accounts/roles.py, as in GraphQL."""
    return {ACCESS_KEY: Access.SIGNED_IN, RIGHT_KEY: right}


class RequestCheck:
    """Runs before every handler of the storefront; raises, or lets the request pass."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, request: HttpRequest) -> None:
        if request.method == "OPTIONS":
            return
        request_context: RequestContext = request.scope["state"][STATE_KEY]
        if request_context.refusal is not None:
            raise request_context.refusal
        request_context = request.scope["state"][STATE_KEY] = request_context.without_key()
        request.scope["state"][ACCOUNTS_KEY] = await _list_accounts(request_context.actor)
        opt = request.route_handler.opt
        require_access(request_context, opt.get(ACCESS_KEY), opt.get(RIGHT_KEY))
        _require_clean(request)
        await _look_on(request, request_context.actor)
        request.scope["state"][FACTOR_KEY] = await _asks_factor(request, request_context.actor)
        request.scope["state"][METER_KEY] = await _find_meter(request, request_context.actor)
        if request.method == "POST" and FROM_ELSEWHERE.keys().isdisjoint(opt):
            await self._require_own_form(request, request_context)

    async def _require_own_form(
        self, request: HttpRequest, request_context: RequestContext
    ) -> None:
        """The form must come from our own origin and, with a session, carry that session's CSRF
        token.
        """
        form = await read_form(request)
        expected = request_context.csrf_token(self._settings)
        sent = form.text("csrf_token").encode()
        is_own = expected is None or hmac.compare_digest(sent, expected.encode())
        if not request_context.origin_ok or not is_own:
            raise Forbidden("This form is too old or was not sent from here. Nothing was changed")
        request.scope["state"][SENT_FORM] = form
        await confirm_again(request_context.actor, form, self._settings.secret)


async def _look_on(request: HttpRequest, actor: Actor) -> None:
    """Staff who see a customer's pages: each is open to them by name, and each is recorded."""
    if actor.impersonator is None:
        return
    require_viewable(request.route_handler.paths)
    if not request.route_handler.opt.keys() & WITHOUT_METER.keys():
        await record_page(actor, request.scope["path"])


async def _list_accounts(actor: Actor) -> list[OwnAccount]:
    """For the form that every page has; nobody else costs a statement."""
    if actor.user_id is None or not actor.has_other_accounts:
        return []
    return await list_own_accounts(actor.user_id)


async def _asks_factor(request: HttpRequest, actor: Actor) -> bool:
    """Of creators and staff without one, on their desks; nobody is made to."""
    path: str = request.scope["path"]
    is_desk = path == "/creator" or path == "/staff" or path.startswith("/staff/")
    if not is_desk or request.method != "GET" or actor.user_id is None:
        return False
    return not await has_second_factor(actor.user_id)


async def _find_meter(request: HttpRequest, actor: Actor) -> Meter | None:
    """For whole pages: a fragment has no head."""
    is_whole = request.headers.get("hx-request-type") != "partial"
    has_meter = not request.route_handler.opt.keys() & WITHOUT_METER.keys()
    return await find_meter(actor) if is_whole and has_meter else None


def require_access(request_context: RequestContext, access: Any, right: Any = None) -> None:
    """What a handler declared, for whoever asks; raises Unauthenticated, Forbidden."""
    if access is Access.PUBLIC:
        return
    actor = request_context.actor
    if actor.kind is not ActorKind.SESSION:
        raise Unauthenticated("Please sign in first")
    if access in _STAFF:
        require_any_role(actor, *_STAFF[access])
    elif access is not Access.SIGNED_IN:
        raise Forbidden("This page is not open to anybody")
    if right is not None:
        actor.require_right(right)


def require_any_role(actor: Actor, first: Staff, *others: Staff) -> None:
    """Raises Forbidden."""
    if not any(actor.has_staff(role) for role in others):
        actor.require_staff(first)


def _require_clean(request: HttpRequest) -> None:
    """PostgreSQL cannot store NUL or lone surrogates, and none of our paths contains them."""
    path: str = request.scope["path"]
    is_odd = "\x00" in path or (not path.isascii() and not _is_whole(path))
    if is_odd or read_query(request).find_nul() is not None:
        raise BadInput("This address contains a character that no address has")


def _is_whole(path: str) -> bool:
    """Servers may pass invalid bytes on as lone surrogates."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
