"""Print the Chromium that the browser tests use; install Debian's package when none is found.

CHENU_CHROMIUM names one explicitly. Ends with one clear line and status 1 when there is none and
none can be installed (not root, or no apt-get).
"""

import os
import shutil
import sys

from debian import install

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
"""The shell is the same engine without windows, for which the others compute much."""
PACKAGES = NAMES[:2]
"""Older releases of Debian have no shell."""
HINT = "install Chromium (Debian: apt-get install chromium) or set CHENU_CHROMIUM to its path"


def find_chromium() -> str | None:
    named = os.environ.get("CHENU_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    found, reason = find_chromium(), None
    for package in () if os.environ.get("CHENU_CHROMIUM") else PACKAGES:
        if found is None:
            reason = install("Chromium", package, "fonts-dejavu-core")
            found = find_chromium()
    if found is None:
        why = f" ({reason})" if reason else ""
        print(f"no Chromium for the browser tests{why}: {HINT}", file=sys.stderr)
        return 1
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
