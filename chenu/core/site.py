"""Which site is shown: ours, or an account's own with its brand on its host. docs/decisions/0084.

The edge sets it for each request, the worker for each mail. Whatever shows our name, makes an
absolute URL or lists agents asks here, so that nothing has to hand it on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

import msgspec

OUR_NAME = "CHE·NU"


class FooterLink(msgspec.Struct, frozen=True):
    label: str
    url: str


class Picture(msgspec.Struct, frozen=True):
    """A brand's logo or icon: its name in the object store, and the size of its largest file."""

    name: str
    width: int
    height: int


class Site(msgspec.Struct, frozen=True):
    """One host of an account and the brand on it. `origin` has no slash at its end.

    `accent_light` and `accent_dark` are `#rrggbb`, None: ours. `agents` are the only ones that the
    site shows; empty: all. `locale` None: the visitor's own.
    """

    account_id: UUID
    origin: str
    name: str
    sender_name: str = ""
    accent_light: str | None = None
    accent_dark: str | None = None
    logo: Picture | None = None
    icon: Picture | None = None
    links: tuple[FooterLink, ...] = ()
    locale: str | None = None
    agents: tuple[UUID, ...] = ()


_SITE: ContextVar[Site | None] = ContextVar("site", default=None)


def current_site() -> Site | None:
    """None: ours."""
    return _SITE.get()


@contextmanager
def showing(site: Site | None) -> Iterator[None]:
    token = _SITE.set(site)
    try:
        yield
    finally:
        _SITE.reset(token)


def product_name() -> str:
    """What the product is called on this site."""
    site = _SITE.get()
    return OUR_NAME if site is None else site.name


def site_origin(public_url: str) -> str:
    """Where absolute URLs begin; `public_url` is our own."""
    site = _SITE.get()
    return public_url if site is None else site.origin


def shown_agents() -> tuple[UUID, ...]:
    """The only agents that the site shows; empty: all."""
    site = _SITE.get()
    return () if site is None else site.agents


def shows_agent(agent_id: UUID) -> bool:
    only = shown_agents()
    return not only or agent_id in only


def renamed(text: str, name: str | None = None) -> str:
    """A text of ours with the site's name in the place of ours; `name` is it in another form."""
    if OUR_NAME not in text or _SITE.get() is None:
        return text
    return text.replace(OUR_NAME, product_name() if name is None else name)
