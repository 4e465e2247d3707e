"""Keys are made once: one takes a fifth of a second."""

import pytest

from tests.programs import find_program
from tests.saml.provider import Key, make_key


@pytest.fixture(scope="session", autouse=True)
def xmlsec() -> str:
    return find_program("xmlsec1")


@pytest.fixture(scope="session")
def key() -> Key:
    return make_key()


@pytest.fixture(scope="session")
def next_key() -> Key:
    return make_key()


@pytest.fixture(scope="session")
def foreign_key() -> Key:
    return make_key()
