"""What an OIDC provider says of itself (OpenID Connect Discovery 1.0), checked before it counts."""

import msgspec

from chenu.core.errors import Invalid
from chenu.sso.errors import SsoRefused
from chenu.sso.model import Refusal
from chenu.webhooks.targets import read_target

WELL_KNOWN = "/.well-known/openid-configuration"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Of signatures that only the provider can make: never `none`, never one by a shared secret."""


class OidcMetadata(msgspec.Struct, frozen=True):
    """The fields that we use; lists that are missing say nothing."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Those that the provider has and we allow."""
        return tuple(each for each in ALGORITHMS if each in self.supported_algorithms)

    @property
    def supported_algorithms(self) -> frozenset[str]:
        return frozenset(self.id_token_signing_alg_values_supported)


def metadata_url(issuer: str) -> str:
    return issuer.rstrip("/") + WELL_KNOWN


def read_metadata(document: bytes, issuer: str, *, allows_loopback: bool) -> OidcMetadata:
    """Raises SsoRefused with METADATA_INVALID, whose detail names what is wrong."""
    try:
        metadata = msgspec.json.decode(document, type=OidcMetadata)
    except msgspec.DecodeError:
        raise SsoRefused(Refusal.METADATA_INVALID, "no metadata of OpenID Connect") from None
    _check(metadata, issuer)
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        try:
            read_target(getattr(metadata, name), allows_loopback=allows_loopback)
        except Invalid:
            raise SsoRefused(Refusal.METADATA_INVALID, f"{name} is no public https URL") from None
    return metadata


def _check(metadata: OidcMetadata, issuer: str) -> None:
    if metadata.issuer != issuer:
        raise SsoRefused(Refusal.METADATA_INVALID, "the document names another issuer")
    methods = metadata.code_challenge_methods_supported
    if methods is not None and "S256" not in methods:
        raise SsoRefused(Refusal.METADATA_INVALID, "PKCE with S256 is not supported")
    if not metadata.algorithms:
        raise SsoRefused(Refusal.METADATA_INVALID, "no algorithm of signatures that is allowed")
