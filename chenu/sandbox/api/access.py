"""Who may call: API keys, the API version, and the connected account that is acted for."""

from chenu.sandbox.api.http_messages import ApiRequest
from chenu.sandbox.config import API_VERSION
from chenu.sandbox.engine.errors import Refused, unsupported
from chenu.sandbox.engine.store import PLATFORM, Store


def check_access(request: ApiRequest) -> None:
    """Raises Refused 401, 403 or 400."""
    _check_key(request.api_key)
    version = request.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        raise Refused(
            f"Invalid Stripe API version: {version}. This sandbox speaks {API_VERSION} only.",
            param="Stripe-Version",
        )


def _check_key(key: str) -> None:
    if not key:
        raise Refused(
            "You did not provide an API key. Give it as Bearer token: 'Authorization: Bearer"
            " sk_test_…'.",
            status=401,
        )
    if key.startswith(("sk_live_", "rk_live_", "pk_live_")):
        raise Refused("A live key has no business here: this is the sandbox.", status=401)
    if key.startswith("rk_test_"):
        raise Refused(
            f"The provided key '{_masked(key)}' does not have the required permissions for this"
            " endpoint.",
            status=403,
        )
    if key.startswith("pk_test_"):
        raise Refused(
            "This API call cannot be made with a publishable API key. Use a secret key.",
            status=401,
            code="secret_key_required",
        )
    if not key.startswith("sk_test_") or len(key) == len("sk_test_"):
        raise Refused(f"Invalid API Key provided: {_masked(key)}", status=401)


def _masked(key: str) -> str:
    return key[:8] + "*" * max(0, len(key) - 12) + key[-4:]


def acting_account(store: Store, request: ApiRequest) -> str:
    """From Stripe-Account or Stripe-Context; raises Refused 403 for an unknown account.

    Recipients of transfers have nothing to change by themselves: they are read only.
    """
    account = request.headers.get("stripe-account") or request.headers.get("stripe-context")
    if not account:
        return PLATFORM
    record = store.find("v2.core.account", account, PLATFORM)
    if record is None:
        raise Refused(
            f"The provided key '{_masked(request.api_key)}' does not have access to account"
            f" '{account}' (or that account does not exist).",
            status=403,
            code="account_invalid",
        )
    if request.method != "GET":
        raise unsupported("changes on connected accounts")
    return account
