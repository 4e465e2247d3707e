"""The URL of the sign-in page with the path to return to."""

from urllib.parse import urlencode

from chenu.affiliates.codes import find_carried, with_code
from chenu.flows.return_urls import is_local_path

AFTER_SIGN_IN = "/library"


def sign_in_path(next_path: str) -> str:
    """With the affiliate's code that the path has: the sign-up beside it needs it as well."""
    path = _with_next(next_path)
    code = find_carried(next_path)
    return path if code is None else with_code(path, code)


def _with_next(next_path: str) -> str:
    return "/sign-in" if next_path == "/" else f"/sign-in?{urlencode({'next': next_path})}"


def safe_next(path: str) -> str:
    """The path to go to after sign-in; any other site's URL is replaced by one of our own paths."""
    return path if path and is_local_path(path) else AFTER_SIGN_IN
