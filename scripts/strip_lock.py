"""Removes every URL from storefront/package-lock.json: npm verifies by integrity alone."""

import json
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "storefront" / "package-lock.json"


def main() -> int:
    lock = json.loads(LOCK.read_text())
    for package in lock["packages"].values():
        for key in ("resolved", "funding"):
            package.pop(key, None)
    LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
