"""Asks identity providers: public hosts alone, as webhooks, with bounds on time and size.

What they say of themselves and their keys is cached in the process; an unknown key has the keys
read again, at most once a minute.
"""

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from chenu.sso.errors import SsoRefused
from chenu.sso.model import Refusal
from chenu.sso.oidc_metadata import OidcMetadata, metadata_url, read_metadata
from chenu.webhooks.client import Answer, WebhookClient

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

METADATA_SECONDS = 3600.0
KEYS_SECONDS = 3600.0
FEWEST_SECONDS = 60.0
"""Between two readings of the same keys, whoever asks for whatever key."""
_MOST_CACHED = 1000
_ACCEPT = {"Accept": "application/json", "User-Agent": "CHENU-SSO/1"}
_BASIC, _POST = "client_secret_basic", "client_secret_post"


class CodeExchange(msgspec.Struct, frozen=True):
    """What a code is exchanged for a token with; `secret` empty for a public client."""

    code: str
    verifier: str
    redirect_uri: str
    client_id: str
    secret: str


Cached = TypeVar("Cached")


class _TokenAnswer(msgspec.Struct, frozen=True):
    id_token: str = ""


class _Cached:
    """No dataclass: msgspec would read its types, as of all that handlers ask for."""

    def __init__(self, keys: "KeySet", read_at: float) -> None:
        self.keys = keys
        self.read_at = read_at


class ProviderClient(msgspec.Struct, eq=False):
    """`clock` is monotonic: of caches, in seconds."""

    http: WebhookClient = msgspec.field(default_factory=WebhookClient)
    clock: Callable[[], float] = time.monotonic
    _keys: dict[str, _Cached] = msgspec.field(default_factory=dict)
    _metadata: dict[str, tuple[OidcMetadata, float]] = msgspec.field(default_factory=dict)

    async def get_metadata(self, issuer: str, *, anew: bool = False) -> OidcMetadata:
        """Raises SsoRefused."""
        known = self._metadata.get(issuer)
        if known is not None and not anew and self.clock() - known[1] < METADATA_SECONDS:
            return known[0]
        answer = await self.http.get(metadata_url(issuer), _ACCEPT)
        document = _require_success(answer, "metadata")
        allows_loopback = self.http.allows_loopback
        found = read_metadata(document, issuer, allows_loopback=allows_loopback)
        _make_room(self._metadata)
        self._metadata[issuer] = (found, self.clock())
        return found

    async def get_keys(self, jwks_uri: str, *, anew: bool = False) -> "KeySet":
        """`anew`: a key was not among them; read again unless that was done a moment ago."""
        known = self._keys.get(jwks_uri)
        wanted = FEWEST_SECONDS if anew else KEYS_SECONDS
        if known is not None and self.clock() - known.read_at < wanted:
            return known.keys
        from chenu.sso.oidc_tokens import read_keys

        keys = read_keys(_require_success(await self.http.get(jwks_uri, _ACCEPT), "keys"))
        _make_room(self._keys)
        self._keys[jwks_uri] = _Cached(keys, self.clock())
        return keys

    async def exchange_code(self, metadata: OidcMetadata, exchange: CodeExchange) -> str:
        """The ID token. Raises SsoRefused with CODE_REFUSED where the provider does not accept."""
        headers, body = _token_request(metadata, exchange)
        answer = await self.http.post(metadata.token_endpoint, {**_ACCEPT, **headers}, body)
        if answer.status is not None and 400 <= answer.status < 500:
            raise SsoRefused(Refusal.CODE_REFUSED, f"HTTP {answer.status}")
        try:
            return msgspec.json.decode(
                _require_success(answer, "token"), type=_TokenAnswer
            ).id_token
        except msgspec.DecodeError:
            raise SsoRefused(Refusal.TOKEN_MISSING, "no answer in JSON") from None


def _make_room(cache: dict[str, Cached]) -> None:
    """The oldest goes: a bound, whatever accounts enter."""
    if len(cache) >= _MOST_CACHED:
        del cache[next(iter(cache))]


def _require_success(answer: Answer, what: str) -> bytes:
    if answer.is_success:
        return answer.body
    detail = f"{what}: {answer.error.value or f'HTTP {answer.status}'}"
    raise SsoRefused(Refusal.PROVIDER_UNAVAILABLE, detail)


def _token_request(
    metadata: OidcMetadata, exchange: CodeExchange
) -> tuple[Mapping[str, str], bytes]:
    """The secret goes in a header, as every provider knows it, unless one wants the body alone."""
    fields = {
        "grant_type": "authorization_code",
        "code": exchange.code,
        "redirect_uri": exchange.redirect_uri,
        "code_verifier": exchange.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    methods = metadata.token_endpoint_auth_methods_supported
    if exchange.secret and (_BASIC in methods or _POST not in methods):
        headers["Authorization"] = _basic(exchange)
    else:
        fields["client_id"] = exchange.client_id
        if exchange.secret:
            fields["client_secret"] = exchange.secret
    return headers, urlencode(fields).encode()


def _basic(exchange: CodeExchange) -> str:
    """RFC 6749, 2.3.1: both parts are encoded as in a form first."""
    pair = f"{quote(exchange.client_id, safe='')}:{quote(exchange.secret, safe='')}"
    return f"Basic {b64encode(pair.encode()).decode()}"
