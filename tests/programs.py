"""Programs that only tests use, by the scripts that `make test` calls too."""

import subprocess
import sys
from pathlib import Path

_SCRIPTS = Path(__file__).parents[1] / "scripts"


def find_program(name: str) -> str:
    """Its path; installs it where it may, and fails with what to install."""
    return _ask("programs.py", name)


def find_chromium() -> str:
    """As above."""
    return _ask("browser.py")


def _ask(script: str, *words: str) -> str:
    command = [sys.executable, str(_SCRIPTS / script), *words]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()
