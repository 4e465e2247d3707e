"""Removes every URL from the locks of npm: it verifies by integrity alone."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (
    *("storefront", "tests/clients/typescript"),
    *("tests/saml/samlify", "chenu/demo/provider"),
    *("bench/peers/postgraphile", "bench/peers/mercurius"),
)


def main() -> int:
    for folder in FOLDERS:
        path = ROOT / folder / "package-lock.json"
        lock = json.loads(path.read_text())
        for package in lock["packages"].values():
            for key in ("resolved", "funding"):
                package.pop(key, None)
        path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
