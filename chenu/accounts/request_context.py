"""The context of one request, created once by the edge and read by both faces."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Literal, TypedDict

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import ANONYMOUS, Actor, ActorKind
from chenu.accounts.credentials import csrf_token
from chenu.accounts.impersonation import LASTS, ImpersonationToken
from chenu.accounts.sessions import ABSOLUTE, SessionToken
from chenu.core.errors import ChenuError, Unauthenticated
from chenu.core.i18n import DEFAULT_LOCALE, Locale
from chenu.settings import Settings

STATE_KEY = "visit"
FOR_EVERYBODY = "answer_for_everybody"
"""Set in the scope's state by a route whose answer is the same for every anonymous caller."""
AS_OF = "answer_as_of"
"""Beside it, where a replica may be read: the monotonic time that the answer is of."""
ONLY_READ = "only_read"
"""In the scope's state: nothing was changed, though the method might have."""
WRITERS = "writers"
"""In the scope's state: who has written, where that is not the caller as the edge knows it."""
FOLLOWED_LINK = "followed_link"
"""In the scope's state: the affiliate's link that led to this page, if one did."""
LEAVE_PATH = "/impersonation/leave"
"""The one form that staff may send while they see a customer's pages."""
LANGUAGE_COOKIE = "chenu_lang"
LINK_REFUSED = "no"
"""The value of the cookie of followed links after a no."""


FindActor = Callable[[], Awaitable[Actor | None]]


class RequestContext(msgspec.Struct, frozen=True):
    """`locale` is the language of the answer.

    `origin_ok` is False for a write sent by another site.

    `refusal` is why the caller could not be identified: an invalid key, or no database.
    `session_token`, `devices` and `followed_link` are the values of those cookies, unchecked:
    accounts/devices.py, affiliates/click_tokens.py.
    `find_actor` identifies the caller again, for connections that last. `is_head`: only the headers
    of a GET are wanted, so that nothing should be changed.
    """

    actor: Actor = ANONYMOUS
    locale: Locale = DEFAULT_LOCALE
    request_id: str = ""
    ip: str = ""
    user_agent: str = ""
    session_token: str = ""
    devices: str = ""
    followed_link: str = ""
    origin_ok: bool = True
    refusal: ChenuError | None = None
    find_actor: FindActor | None = None
    is_head: bool = False

    async def renewed(self) -> "RequestContext":
        """The same context with the caller identified again.

        Raises Unauthenticated if the session has ended or the key was revoked.
        """
        found = None if self.find_actor is None else await self.find_actor()
        if found is not None:
            return replace(self, actor=found)
        if self.actor != ANONYMOUS and self.find_actor is not None:
            raise Unauthenticated("Please sign in first")
        return self

    def without_key(self) -> "RequestContext":
        """For pages, on which API keys have no rights: programs use GraphQL."""
        if self.actor.kind in (ActorKind.API_KEY, ActorKind.SERVICE_KEY):
            return replace(self, actor=ANONYMOUS, find_actor=None)
        return self

    def csrf_token(self, settings: Settings) -> str | None:
        """The token that a write with this session must send; None without a session."""
        session_id = self.actor.session_id
        return None if session_id is None else csrf_token(session_id.hex, settings.secret)


def session_cookie_name(settings: Settings) -> str:
    """__Host- binds the cookie to https and to exactly this host."""
    return "__Host-chenu_session" if settings.is_https else "chenu_session"


def session_cookie(settings: Settings, token: SessionToken | None) -> str:
    """The Set-Cookie value that starts a session, or ends it (None)."""
    name = session_cookie_name(settings)
    cookie: SimpleCookie = SimpleCookie()
    cookie[name] = token or ""
    cookie[name]["path"] = "/"
    cookie[name]["httponly"] = True
    cookie[name]["samesite"] = "Lax"
    cookie[name]["max-age"] = int(ABSOLUTE.total_seconds()) if token else 0
    if settings.is_https:
        cookie[name]["secure"] = True
    return cookie[name].OutputString()


def impersonation_cookie_name(settings: Settings) -> str:
    return "__Host-chenu_view" if settings.is_https else "chenu_view"


def impersonation_cookie(settings: Settings, token: ImpersonationToken | None) -> str:
    """The Set-Cookie value by which staff see a customer's pages, or leave them (None).

    It says nothing without the session that it was begun in.
    """
    name = impersonation_cookie_name(settings)
    cookie: SimpleCookie = SimpleCookie()
    cookie[name] = token or ""
    cookie[name]["path"] = "/"
    cookie[name]["httponly"] = True
    cookie[name]["samesite"] = "Lax"
    cookie[name]["max-age"] = int(LASTS.total_seconds()) if token else 0
    if settings.is_https:
        cookie[name]["secure"] = True
    return cookie[name].OutputString()


class DeviceCookie(TypedDict):
    """The attributes of a cookie, named as Litestar names them."""

    key: str
    value: str
    path: str
    max_age: int
    httponly: bool
    samesite: Literal["lax"]
    secure: bool


def provider_cookie_name(settings: Settings) -> str:
    return "__Host-chenu_provider" if settings.is_https else "chenu_provider"


def provider_cookie(settings: Settings, value: str) -> str:
    """By which the answer of an identity provider is known to be for this browser."""
    name = provider_cookie_name(settings)
    cookie: SimpleCookie = SimpleCookie()
    cookie[name] = value
    cookie[name]["path"] = "/"
    cookie[name]["httponly"] = True
    cookie[name]["samesite"] = "Lax"
    cookie[name]["max-age"] = 600
    if settings.is_https:
        cookie[name]["secure"] = True
    return cookie[name].OutputString()


def device_cookie_name(settings: Settings) -> str:
    return "__Host-chenu_device" if settings.is_https else "chenu_device"


def device_cookie(settings: Settings, devices: str) -> DeviceCookie:
    """Remembers who signed in from this browser, for the time after the session's cookie
    is gone.
    """
    return {
        "key": device_cookie_name(settings),
        "value": devices,
        "path": "/",
        "max_age": 365 * 24 * 3600,
        "httponly": True,
        "samesite": "lax",
        "secure": settings.is_https,
    }


def link_cookie_name(settings: Settings) -> str:
    return "__Host-chenu_ref" if settings.is_https else "chenu_ref"


def link_cookie(settings: Settings, token: str) -> str:
    """The click of an affiliate's link, for whoever agreed to it."""
    return _link_cookie(settings, token, timedelta(days=90))


def refused_link_cookie(settings: Settings) -> str:
    """That the visitor said no, which is the same for everybody, until the browser is closed."""
    return _link_cookie(settings, LINK_REFUSED, None)


def _link_cookie(settings: Settings, value: str, lasts: timedelta | None) -> str:
    name = link_cookie_name(settings)
    cookie: SimpleCookie = SimpleCookie()
    cookie[name] = value
    cookie[name]["path"] = "/"
    cookie[name]["httponly"] = True
    cookie[name]["samesite"] = "Lax"
    if lasts is not None:
        cookie[name]["max-age"] = int(lasts.total_seconds())
    if settings.is_https:
        cookie[name]["secure"] = True
    return cookie[name].OutputString()


def language_cookie(settings: Settings, locale: Locale) -> str:
    """Remembers an anonymous visitor's chosen language; needs no consent, as it was requested."""
    cookie: SimpleCookie = SimpleCookie()
    cookie[LANGUAGE_COOKIE] = locale
    cookie[LANGUAGE_COOKIE]["path"] = "/"
    cookie[LANGUAGE_COOKIE]["samesite"] = "Lax"
    cookie[LANGUAGE_COOKIE]["max-age"] = 365 * 24 * 3600
    if settings.is_https:
        cookie[LANGUAGE_COOKIE]["secure"] = True
    return cookie[LANGUAGE_COOKIE].OutputString()
