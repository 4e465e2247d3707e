"""An environment of its own for the SDK: requirements-mcp.lock, over the product's own packages.

Its starlette, httpx2 and pyjwt have no place in the product's environment. Made once per lock.
"""

import fcntl
import hashlib
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements-mcp.lock"
HOME = ROOT / ".chenu-mcp"
INSTALLING_SECONDS = 300
"""How long the first test may take that needs it, on a slow index."""


def prepare_environment() -> Path:
    """Its interpreter. Raises RuntimeError with pip's own words if it cannot be made."""
    HOME.mkdir(exist_ok=True)
    made_from = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    mark, python = HOME / "made-from", HOME / "environment" / "bin" / "python"
    with (HOME / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != made_from:
            mark.unlink(missing_ok=True)
            _make(python)
            mark.write_text(made_from)
    return python


def _make(python: Path) -> None:
    home = python.parents[1]
    _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(home))
    install = str(ROOT / "scripts" / "install_lock.py")
    _run(sys.executable, install, str(LOCK), "--python", str(python))
    [packages] = home.glob("lib/python*/site-packages")
    behind = [str(ROOT), str(ROOT / "graphql"), sysconfig.get_path("purelib")]
    (packages / "product.pth").write_text("\n".join(behind) + "\n")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
