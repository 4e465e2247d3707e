"""Names of single sign-on, and what every kind of provider says of a person.

docs/decisions/0079.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

import msgspec

ConnectionId = NewType("ConnectionId", UUID)
IdentityId = NewType("IdentityId", UUID)
AttemptId = NewType("AttemptId", UUID)

MOST_CONNECTIONS: Final = 3
"""Of one account: the one that is ON, and others that are being set up."""
ATTEMPT_LIFE: Final = timedelta(minutes=10)
"""So long somebody may take at their provider."""
JOIN_LIFE: Final = timedelta(hours=1)
"""So long the mail works by which somebody joins who has been here before."""
MOST_GROUPS: Final = 500


class ConnectionKind(StrEnum):
    OIDC = "OIDC"
    SAML = "SAML"


class ConnectionState(StrEnum):
    """TRIED: its owner has signed in by it, so that it may be switched on."""

    DRAFT = "DRAFT"
    TRIED = "TRIED"
    ON = "ON"


class AttemptPurpose(StrEnum):
    """TRIAL: the owner tries the connection and stays signed in as before."""

    SIGN_IN = "SIGN_IN"
    TRIAL = "TRIAL"


class VerifiedIdentity(msgspec.Struct, frozen=True):
    """What a provider says of somebody, once everything that proves it has been verified.

    `subject` is the provider's own and never given to somebody else. `email` is in its canonical
    spelling, and the provider says that it is verified. `groups`: values of the claim of roles.
    """

    subject: str
    email: str
    display_name: str
    groups: tuple[str, ...] = ()


class Refusal(StrEnum):
    """Why a sign-in by a provider was refused: stable codes of the page and the audit trail."""

    STATE_UNKNOWN = "STATE_UNKNOWN"
    STATE_USED = "STATE_USED"
    STATE_EXPIRED = "STATE_EXPIRED"
    OTHER_BROWSER = "OTHER_BROWSER"
    OTHER_CONNECTION = "OTHER_CONNECTION"
    PROVIDER_REFUSED = "PROVIDER_REFUSED"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    METADATA_INVALID = "METADATA_INVALID"
    CODE_MISSING = "CODE_MISSING"
    CODE_REFUSED = "CODE_REFUSED"
    TOKEN_MISSING = "TOKEN_MISSING"  # noqa: S105 - a code
    TOKEN_MALFORMED = "TOKEN_MALFORMED"  # noqa: S105 - a code
    ALGORITHM_REFUSED = "ALGORITHM_REFUSED"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    SIGNATURE_WRONG = "SIGNATURE_WRONG"
    ISSUER_WRONG = "ISSUER_WRONG"
    AUDIENCE_WRONG = "AUDIENCE_WRONG"
    PARTY_WRONG = "PARTY_WRONG"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    NONCE_WRONG = "NONCE_WRONG"
    REPLAYED = "REPLAYED"
    SUBJECT_MISSING = "SUBJECT_MISSING"
    EMAIL_MISSING = "EMAIL_MISSING"
    EMAIL_UNVERIFIED = "EMAIL_UNVERIFIED"
    DOMAIN_FOREIGN = "DOMAIN_FOREIGN"
    CONNECTION_OFF = "CONNECTION_OFF"
    SEATS_TAKEN = "SEATS_TAKEN"
    OTHER_IDENTITY = "OTHER_IDENTITY"
    OTHER_PERSON = "OTHER_PERSON"
    OTHER_MEMBER = "OTHER_MEMBER"
    NOT_ASKED_ANEW = "NOT_ASKED_ANEW"
    MEMBER_REMOVED = "MEMBER_REMOVED"
