"""What is not imported at start, because most processes never need it or need it late.

docs/decisions/0101 says why the time to start is won here.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.long

LATE = (
    "authlib",
    "chenu.demo",
    "chenu.http.scim.router",
    "chenu.jobs",
    "cryptography.x509",
    "dns.asyncresolver",
    "email_validator",
    "joserfc",
    "jsonschema",
    "lark",
    "markdown_it",
    "pgqueuer",
    "scim2_models",
    "stripe.params.checkout",
)
"""By the web application: each with all it imports."""
NOT_FOR_WORDS = (
    "asyncpg",
    "cryptography",
    "litestar",
    "piccolo",
    "strawberry",
    "stripe",
    "structlog",
)
"""By the commands' names and options, which `chenu --help` shows."""
PROGRAM = """
import sys
import chenu.cli
print(*sys.modules)
import chenu.app
print(*sys.modules)
from chenu.core.i18n import catalogue
print(catalogue.cache_info().currsize)
"""


def test_a_process_imports_only_what_it_starts_with() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    command, application, catalogues = done.stdout.splitlines()

    assert {name for name in NOT_FOR_WORDS if name in command.split()} == set()
    assert {"chenu.app", "litestar", "strawberry"} <= set(application.split())
    assert {name for name in LATE if name in application.split()} == set()
    assert catalogues == "0", "a text was translated at import"
