"""The application as an ASGI callable, for requests that no HTTP client can send."""

from typing import Any

import pytest


@pytest.fixture(scope="session")
def app(application: Any) -> Any:
    return application
