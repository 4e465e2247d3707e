"""The address of the sign-in page that leads back to where somebody was."""

from urllib.parse import urlencode

from chenu.flows.purchases.return_urls import is_local_path

AFTER_SIGN_IN = "/library"


def sign_in_path(next_path: str) -> str:
    return "/sign-in" if next_path == "/" else f"/sign-in?{urlencode({'next': next_path})}"


def safe_next(path: str) -> str:
    """Where a person goes after signing in: a path of ours, whatever was asked for."""
    return path if path and is_local_path(path) else AFTER_SIGN_IN
