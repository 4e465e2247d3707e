"""What every resolver of one operation shares: the services, who asks, loaders and the meter."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeAlias

import strawberry

from chenu.accounts.actor import Actor
from chenu.accounts.request_context import RequestContext
from chenu.core.i18n import Locale
from chenu.core.paging import CursorCodec
from chenu.flows.services import Services
from chenu_graphql.loaders import Loaders
from chenu_graphql.reading import Reading


@cache
def _codec(secret: bytes) -> CursorCodec:
    return CursorCodec(secret)


@dataclass(slots=True)
class Context:
    """One operation. `spent` counts the points of what was resolved.

    `csrf_header` is the X-CSRF-Token that came along, `cookies` are Set-Cookie values to send,
    `devices` the new value of the cookie that lists who has signed in from this browser, `reading`
    what to record when the answer is complete.
    """

    services: Services
    request_context: RequestContext
    csrf_header: str = ""
    cookies: list[str] = field(default_factory=list)
    devices: str | None = None
    spent: int = 0
    reading: Reading = field(default_factory=Reading)
    _loaders: Loaders | None = None

    @property
    def actor(self) -> Actor:
        return self.request_context.actor

    @property
    def locale(self) -> Locale:
        return self.request_context.locale

    @property
    def cursors(self) -> CursorCodec:
        return _codec(self.services.settings.secret)

    @property
    def loaders(self) -> Loaders:
        if self._loaders is None:
            self._loaders = Loaders(self.actor)
        return self._loaders

    def forget_loaded(self) -> None:
        """Drops loaded rows: after a change, and before each live event."""
        self._loaders = None

    def reset(self) -> None:
        """Before the operation runs a second time: forget what the first run counted and loaded."""
        self.spent = 0
        self.reading.forget()
        self.forget_loaded()

    def become(self, actor: Actor) -> None:
        """Act as another caller from here on: the answer to a sign-in shows the new user."""
        self.request_context = replace(self.request_context, actor=actor)
        self.forget_loaded()

    def next_operation(self) -> "Context":
        """A fresh context for another operation of the same connection."""
        return Context(self.services, self.request_context, self.csrf_header)

    @property
    def csrf_token(self) -> str | None:
        return self.request_context.csrf_token(self.services.settings)


Info: TypeAlias = strawberry.Info[Context, None]
