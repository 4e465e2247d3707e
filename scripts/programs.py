"""Print where the named programs are; install Debian's packages of those that are missing.

CHENU_NGINX, CHENU_PGBOUNCER and so on name one explicitly. Ends with one clear line and status 1
when one is missing and cannot be installed (not root, or no apt-get).
"""

import os
import shutil
import sys
from collections.abc import Sequence

from debian import install

PACKAGES = {
    "etcd": "etcd-server",
    "haproxy": "haproxy",
    "ip": "iproute2",
    "nginx": "nginx",
    "pgbouncer": "pgbouncer",
    "promtool": "prometheus",
    "xmlsec1": "xmlsec1",
}
"""Debian's package of each."""
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin"


def _named(name: str) -> str | None:
    return os.environ.get(f"CHENU_{name.upper()}")


def _find(name: str) -> str | None:
    return shutil.which(_named(name) or name, path=_PLACES)


def main(names: Sequence[str]) -> int:
    missing, reason = [name for name in names if _find(name) is None], None
    if missing and not any(map(_named, missing)):
        reason = install(", ".join(missing), *(PACKAGES[name] for name in missing))
        missing = [name for name in missing if _find(name) is None]
    if missing:
        why = f" ({reason})" if reason else ""
        packages = " ".join(PACKAGES[name] for name in missing)
        hint = f"apt-get install {packages}, or set CHENU_{missing[0].upper()} to its path"
        print(f"missing: {', '.join(missing)}{why}: {hint}", file=sys.stderr)
        return 1
    print(*(_find(name) for name in names), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
