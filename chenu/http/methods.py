"""Methods: what a path takes, and what they are called in counts."""

from collections.abc import Iterable

from litestar import Litestar
from litestar.routes import HTTPRoute

_KNOWN = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OTHER = "_OTHER"


def method_label(method: str) -> str:
    """Callers may invent methods, and each label stays in memory: unknown ones share one."""
    return method if method in _KNOWN else _OTHER


def allow_of(methods: Iterable[str]) -> str:
    """As the header lists them: HEAD wherever there is GET, and nothing that is no method."""
    named = set(methods)
    return ", ".join(
        method for method in _KNOWN if method in named or (method == "HEAD" and "GET" in named)
    )


def methods_of_routes(app: Litestar, post_only: str) -> dict[str, str]:
    """What OPTIONS answers, by the template of the path.

    Litestar's own answer names the first handler's methods alone. At `post_only` a GET has no
    answer but the way to a page.
    """
    found = {
        route.path_format: allow_of(route.methods)
        for route in app.routes
        if isinstance(route, HTTPRoute)
    }
    return found | {post_only: allow_of(("POST", "OPTIONS"))}
