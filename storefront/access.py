"""The access rule of each page, and the checks that every form sent to a page must pass."""

import hmac
from enum import StrEnum

from chenu.accounts.actor import ActorKind, Staff
from chenu.accounts.request_context import STATE_KEY, RequestContext
from chenu.core.errors import BadInput, Forbidden, Unauthenticated
from chenu.settings import Settings
from storefront.forms import HttpRequest, read_form, read_query

ACCESS_KEY = "access"


class Access(StrEnum):
    """SIGNED_IN requires a session: on pages an API key counts as anonymous."""

    PUBLIC = "PUBLIC"
    SIGNED_IN = "SIGNED_IN"
    REVIEWER = "REVIEWER"


PUBLIC = {ACCESS_KEY: Access.PUBLIC}
SIGNED_IN = {ACCESS_KEY: Access.SIGNED_IN}
REVIEWER = {ACCESS_KEY: Access.REVIEWER}
"""The key of a handler's `opt` that holds its Access; a handler without one refuses everybody."""


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
        _require_access(request_context, request.route_handler.opt.get(ACCESS_KEY))
        _require_clean(request)
        if request.method == "POST":
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


def _require_access(request_context: RequestContext, access: Access | None) -> None:
    if access is Access.PUBLIC:
        return
    if request_context.actor.kind is not ActorKind.SESSION:
        raise Unauthenticated("Please sign in first")
    if access is Access.REVIEWER:
        request_context.actor.require_staff(Staff.REVIEWER)
    elif access is not Access.SIGNED_IN:
        raise Forbidden("This page is not open to anybody")


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
