"""Why an answer of a SAML provider is refused."""

from enum import StrEnum


class Refusal(StrEnum):
    """Written to the log, and shown to the owner who tries a connection."""

    NOT_READABLE = "NOT_READABLE"
    HIDDEN_TEXT = "HIDDEN_TEXT"
    STRUCTURE = "STRUCTURE"
    ENCRYPTED = "ENCRYPTED"
    NOT_SUCCESSFUL = "NOT_SUCCESSFUL"
    NOT_SIGNED = "NOT_SIGNED"
    WEAK_ALGORITHM = "WEAK_ALGORITHM"
    SIGNATURE = "SIGNATURE"
    NO_CERTIFICATE = "NO_CERTIFICATE"
    ISSUER = "ISSUER"
    DESTINATION = "DESTINATION"
    AUDIENCE = "AUDIENCE"
    REQUEST = "REQUEST"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SUBJECT = "SUBJECT"
    NOT_ASKED_ANEW = "NOT_ASKED_ANEW"
    REPLAYED = "REPLAYED"
    TOOK_TOO_LONG = "TOOK_TOO_LONG"


class SamlRefused(Exception):
    """Nothing of the answer counts. `detail` holds no personal data and no secret."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"{refusal}: {detail}" if detail else str(refusal))
        self.refusal = refusal
        self.detail = detail
