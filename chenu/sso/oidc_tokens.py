"""An ID token is believed when its signature and every claim hold. No network, no database."""

from datetime import datetime
from typing import Any

import msgspec
from joserfc import jws, jwt
from joserfc.errors import (
    BadSignatureError,
    ClaimError,
    DecodeError,
    ExpiredTokenError,
    InvalidKeyIdError,
    JoseError,
    SecurityWarning,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import ECKey, KeySet, RSAKey

from chenu.accounts.validation import check_name
from chenu.core.email_address import find_ascii_address
from chenu.core.text import tidy
from chenu.sso.errors import SsoRefused
from chenu.sso.model import MOST_GROUPS, Refusal, VerifiedIdentity
from chenu.sso.oidc_metadata import ALGORITHMS

SKEW_SECONDS = 60
"""So far may the provider's clock be from ours."""
LONGEST_SUBJECT = 255
_LONGEST_TOKEN = 64_000
_MOST_KEYS = 50
_SHORTEST_KEY = 2048
_CLAIMS = {
    "iss": Refusal.ISSUER_WRONG,
    "aud": Refusal.AUDIENCE_WRONG,
    "azp": Refusal.PARTY_WRONG,
    "nonce": Refusal.NONCE_WRONG,
    "exp": Refusal.EXPIRED,
    "iat": Refusal.NOT_YET_VALID,
    "nbf": Refusal.NOT_YET_VALID,
    "sub": Refusal.SUBJECT_MISSING,
}
Claims = dict[str, Any]


class Expected(msgspec.Struct, frozen=True):
    """What the token of one sign-in has to say; `algorithms` are those of the provider."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: tuple[str, ...]


class _Registry(jws.JWSRegistry):
    """Signatures by a shared secret are not known here at all; long tokens name many groups."""

    max_header_length = 4096
    max_payload_length = _LONGEST_TOKEN


def verify_id_token(token: str, keys: KeySet, expected: Expected, now: datetime) -> Claims:
    """Its claims. Raises SsoRefused; KEY_UNKNOWN where newer keys may know better."""
    if not token:
        raise SsoRefused(Refusal.TOKEN_MISSING)
    claims = _verify_signature(token, keys, expected)
    _check_claims(claims, expected, now)
    return claims


def _verify_signature(token: str, keys: KeySet, expected: Expected) -> Claims:
    allowed = [each for each in expected.algorithms if each in ALGORITHMS]
    if not allowed:  # the library would allow its own
        raise SsoRefused(Refusal.ALGORITHM_REFUSED)
    registry = _Registry(algorithms=allowed, strict_check_header=False)
    try:
        return jwt.decode(token, keys, allowed, registry=registry).claims
    except UnsupportedAlgorithmError as error:
        raise SsoRefused(Refusal.ALGORITHM_REFUSED) from error
    except InvalidKeyIdError as error:
        raise SsoRefused(Refusal.KEY_UNKNOWN) from error
    except BadSignatureError as error:
        raise SsoRefused(Refusal.SIGNATURE_WRONG) from error
    except (DecodeError, JoseError, ValueError) as error:
        raise SsoRefused(Refusal.TOKEN_MALFORMED, type(error).__name__) from error


def _check_claims(claims: Claims, expected: Expected, now: datetime) -> None:
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=SKEW_SECONDS,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        azp={"essential": _has_other_audiences(claims), "value": expected.client_id},
        nonce={"essential": True, "value": expected.nonce},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError as error:
        raise SsoRefused(Refusal.EXPIRED) from error
    except ClaimError as error:
        raise _refuse_claim(error) from error
    _check_moments(claims)


def _refuse_claim(error: ClaimError) -> SsoRefused:
    """Several that are missing are named with commas."""
    name = next((each for each in _CLAIMS if each in error.claim.split(",")), "")
    return SsoRefused(_CLAIMS.get(name, Refusal.TOKEN_MALFORMED), error.claim)


def _has_other_audiences(claims: Claims) -> bool:
    audience = claims.get("aud")
    return isinstance(audience, list) and len(audience) > 1


def _check_moments(claims: Claims) -> None:
    """A number that is none compares as if it were always in force."""
    for name in ("exp", "iat", "nbf"):
        moment = claims.get(name, 0)
        if isinstance(moment, bool) or moment != moment or abs(moment) > 10**12:
            raise SsoRefused(_CLAIMS[name], name)


def require_asked_since(claims: Claims, since: datetime) -> None:
    """Of verified claims. Raises SsoRefused for a person whom the provider knew from before.

    A provider that does not say when it asked is believed: it was told to (`prompt=login`).
    """
    asked_at = claims.get("auth_time")
    if asked_at is None:
        return
    is_number = isinstance(asked_at, int | float) and not isinstance(asked_at, bool)
    if not is_number or not asked_at >= since.timestamp() - SKEW_SECONDS:
        raise SsoRefused(Refusal.NOT_ASKED_ANEW)


def read_identity(claims: Claims, role_claim: str) -> VerifiedIdentity:
    """Of verified claims. Raises SsoRefused for a mailbox that the provider has not verified."""
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise SsoRefused(Refusal.SUBJECT_MISSING)
    mailbox = find_ascii_address(email) if isinstance(email, str) else None
    if mailbox is None:
        raise SsoRefused(Refusal.EMAIL_MISSING)
    if claims.get("email_verified") is not True:
        raise SsoRefused(Refusal.EMAIL_UNVERIFIED)
    groups = _read_groups(claims, role_claim)
    return VerifiedIdentity(subject, mailbox, _read_name(claims, mailbox), groups)


def _read_name(claims: Claims, email: str) -> str:
    for name in ("name", "preferred_username"):
        text = claims.get(name)
        if isinstance(text, str) and not check_name(text, path=("name",)):
            return tidy(text)
    return email.partition("@")[0]


def _read_groups(claims: Claims, role_claim: str) -> tuple[str, ...]:
    """One text, or a list of them; a dotted name leads into objects."""
    found: object = claims
    if role_claim in claims:
        found = claims[role_claim]
    else:
        for step in role_claim.split("."):
            found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, str):
        return (found,)
    if not isinstance(found, list):
        return ()
    return tuple(each for each in found if isinstance(each, str))[:MOST_GROUPS]


class _Keys(msgspec.Struct, frozen=True):
    keys: tuple[Claims, ...]


def read_keys(document: bytes) -> KeySet:
    """Public keys for signatures alone. Raises SsoRefused for a document without any."""
    try:
        published = msgspec.json.decode(document, type=_Keys).keys
    except msgspec.DecodeError:
        raise SsoRefused(Refusal.METADATA_INVALID, "no document of keys") from None
    usable = [key for each in published[:_MOST_KEYS] if (key := _find_key(each)) is not None]
    if not usable:
        raise SsoRefused(Refusal.METADATA_INVALID, "no public keys for signatures")
    return KeySet([*usable])


def _find_key(published: Claims) -> RSAKey | ECKey | None:
    """None for one that we do not use: the others of the document count."""
    is_public = "d" not in published and published.get("use", "sig") == "sig"
    if not is_public or published.get("kty") not in ("RSA", "EC"):
        return None
    try:
        is_rsa = published["kty"] == "RSA"
        key = RSAKey.import_key(published) if is_rsa else ECKey.import_key(published)
    except (JoseError, SecurityWarning, ValueError, TypeError, KeyError):
        return None
    is_short = isinstance(key, RSAKey) and key.raw_value.key_size < _SHORTEST_KEY
    return None if is_short else key
