"""One answer, verified where it is: form, signature, and what it says, in this order."""

from chenu.saml.assertions import Expectation, VerifiedAssertion, read_assertion
from chenu.saml.documents import read_document
from chenu.saml.process_answers import MOST_BYTES
from chenu.saml.signatures import check_signatures
from chenu.saml.signed_parts import find_assertion


def verify(response: bytes, expected: Expectation) -> VerifiedAssertion:
    """Raises SamlRefused. Run by the process that has limits: `chenu.saml.verifier` starts it."""
    root = read_document(response, MOST_BYTES)
    assertion = find_assertion(root)
    check_signatures(response, expected.provider, expected.certificates)
    return read_assertion(root, assertion, expected)
