"""Security headers of every response: a strict policy, and a looser one for the API explorer."""

from urllib.parse import urlsplit

from chenu.http.paths import Subtrees
from chenu.settings import Settings

Headers = tuple[tuple[bytes, bytes], ...]

EXPLORER_PATH = "/graphql/explorer"
_FRAMING = Subtrees("/staff/mails", "/demo/mail")
"""Pages that show mails in frames of our own."""
_STRIPE_PAGES = ("https://checkout.stripe.com", "https://connect.stripe.com")


class SecurityHeaders:
    def __init__(self, pages: Headers, explorer: Headers, framing: Headers) -> None:
        self._pages = pages
        self._explorer = explorer
        self._framing = framing

    def for_path(self, path: str) -> Headers:
        if path in _FRAMING:
            return self._framing
        return self._explorer if path == EXPLORER_PATH else self._pages


def security_headers(settings: Settings) -> SecurityHeaders:
    policy = _policy(settings)
    return SecurityHeaders(
        _build(settings, policy),
        _build(settings, _explorer_policy()),
        _build(settings, f"{policy}; frame-src 'self'"),
    )


def _policy(settings: Settings) -> str:
    """No inline scripts or styles and no other origins, except Stripe's pages as targets
    of forms.
    """
    base = settings.stripe.api_base
    stripe = (f"{urlsplit(base).scheme}://{urlsplit(base).netloc}",) if base else _STRIPE_PAGES
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            f"form-action 'self' {' '.join(stripe)}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _explorer_policy() -> str:
    """GraphiQL's editor creates style elements, so inline styles are allowed.

    Scripts are still our files.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'none'"
    )


def _build(settings: Settings, policy: str) -> Headers:
    pairs = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "strict-origin-when-cross-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "server": "chenu",  # otherwise the server adds its own name
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    }
    if settings.is_https:
        pairs["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return tuple((name.encode(), value.encode()) for name, value in pairs.items())
