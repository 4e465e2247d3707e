"""Debian packages of programs that only tests use, installed when they are missing and we may."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_POLICY = Path("/usr/sbin/policy-rc.d")


def install(what: str, *packages: str) -> str | None:
    """Try the packages; the reason why it did not work, or None. No service is started."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return "not root, or no apt-get here"
    print(f"tests: installing {what} (Debian package)", file=sys.stderr, flush=True)
    if _POLICY.exists():
        return _run(apt, packages)
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    try:
        _POLICY.chmod(0o755)
        return _run(apt, packages)
    finally:
        _POLICY.unlink()


def _run(apt: str, packages: tuple[str, ...]) -> str | None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"env": env, "capture_output": True, "text": True, "check": False}
    for command in ([apt, "update"], [apt, "install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(command, **quiet)  # type: ignore[call-overload]
    return None if done.returncode == 0 else str(done.stderr).strip()[-300:]
