"""The HTTP methods that a path accepts, and their labels in metrics."""

from collections.abc import Iterable

from litestar import Litestar
from litestar.routes import HTTPRoute

_KNOWN = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OTHER = "_OTHER"


def method_label(method: str) -> str:
    """Unknown methods share one label: each label takes memory, and callers can invent methods."""
    return method if method in _KNOWN else _OTHER


def allow_of(methods: Iterable[str]) -> str:
    """The value of Allow: HEAD wherever there is GET, and only valid methods."""
    named = set(methods)
    return ", ".join(
        method for method in _KNOWN if method in named or (method == "HEAD" and "GET" in named)
    )


def methods_of_routes(app: Litestar, post_only: str) -> dict[str, str]:
    """The methods that OPTIONS answers, by path template.

    Litestar's own answer names the first handler's methods alone. On the paths in `post_only` a GET
    only redirects to a page, so that it is not listed.
    """
    found = {
        route.path_format: allow_of(route.methods)
        for route in app.routes
        if isinstance(route, HTTPRoute)
    }
    return found | {post_only: allow_of(("POST", "OPTIONS"))}
