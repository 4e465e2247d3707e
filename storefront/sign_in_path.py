"""The URL of the sign-in page with the path to return to."""

from urllib.parse import urlencode

from chenu.flows.purchases.return_urls import is_local_path

AFTER_SIGN_IN = "/library"


def sign_in_path(next_path: str) -> str:
    return "/sign-in" if next_path == "/" else f"/sign-in?{urlencode({'next': next_path})}"


def safe_next(path: str) -> str:
    """The path to go to after sign-in; any other site's URL is replaced by one of our own paths."""
    return path if path and is_local_path(path) else AFTER_SIGN_IN
