"""What every resolver of one operation shares: services, caller, loaders and the cost meter."""

import math
from collections.abc import Awaitable, Callable
from functools import cache
from typing import ParamSpec, TypeAlias, TypeVar

import msgspec
import strawberry
from msgspec.structs import replace

from chenu.accounts.actor import Actor
from chenu.accounts.request_context import RequestContext
from chenu.core import db
from chenu.core.i18n import Locale
from chenu.core.paging import CursorCodec
from chenu.core.staleness import ReadKind
from chenu.flows.services import Services
from chenu.metering.charges import NOTHING_TAKEN, Charge
from chenu_graphql.loaders import Loaders
from chenu_graphql.reading import Reading
from chenu_graphql.stale_loaders import StaleLoaders
from chenu_graphql.stale_reads import StaleReads

Params = ParamSpec("Params")
Result = TypeVar("Result")


@cache
def _codec(secret: bytes) -> CursorCodec:
    return CursorCodec(secret)


class Context(msgspec.Struct):
    """The context of one operation. `spent` is the cost so far in points.

    `csrf_header` is the request's X-CSRF-Token, `cookies` are Set-Cookie values to send, `devices`
    is the new value of the device cookie (accounts/devices.py), `reading` is what to record when
    the answer is complete. `charge` is what the operation took of the caller's calls. `is_quick`:
    the query is compiled already. `has_written`: the rest of the operation reads what it changed,
    from the primary.
    """

    services: Services
    request_context: RequestContext
    csrf_header: str = ""
    cookies: list[str] = msgspec.field(default_factory=list)
    devices: str | None = None
    spent: int = 0
    reading: Reading = msgspec.field(default_factory=Reading)
    charge: Charge = NOTHING_TAKEN
    is_charged: bool = False
    is_quick: bool = False
    has_written: bool = False
    _loaders: Loaders | None = None
    _stale_reads: StaleReads | None = None
    _stale_loaders: StaleLoaders | None = None

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

    @property
    def reads_replica(self) -> bool:
        return db.REPLICA is not None and not self.has_written

    @property
    def stale_loaders(self) -> StaleLoaders:
        """For what may be old."""
        if db.REPLICA is None or self.has_written:
            return self.loaders
        if self._stale_loaders is None:
            self._stale_loaders = StaleLoaders(self._reads)
        return self._stale_loaders

    @property
    def _reads(self) -> StaleReads:
        if self._stale_reads is None:
            self._stale_reads = StaleReads(self.actor, self.services.recent_writes)
        return self._stale_reads

    def read_stale(
        self,
        kind: ReadKind,
        read: Callable[Params, Awaitable[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Awaitable[Result]:
        """The result of `read`, which may be as old as its kind; it decides about nothing."""
        if db.REPLICA is None or self.has_written:
            return read(*args, **kwargs)
        return self._reads.run(kind, read, *args, **kwargs)

    @property
    def as_of(self) -> float:
        """The monotonic time of the oldest answer of a replica; infinite without any."""
        return math.inf if self._stale_reads is None else self._stale_reads.as_of

    def begin_write(self) -> None:
        self.has_written = True
        self.forget_loaded()

    def forget_loaded(self) -> None:
        """Drops loaded rows: after a change, and before each live event."""
        self._loaders = self._stale_loaders = None
        self._stale_reads = None

    def reset(self) -> None:
        """Before the operation runs a second time: forget what the first run counted and loaded."""
        self.spent = 0
        self.reading.forget()
        self.forget_loaded()

    def become(self, actor: Actor) -> None:
        """Switch to another caller: the answer to a sign-in shows the new user."""
        self.request_context = replace(self.request_context, actor=actor)
        self.forget_loaded()

    def next_operation(self) -> "Context":
        """A fresh context for another operation of the same connection."""
        return Context(self.services, self.request_context, self.csrf_header)

    @property
    def csrf_token(self) -> str | None:
        return self.request_context.csrf_token(self.services.settings)


Info: TypeAlias = strawberry.Info[Context, None]
