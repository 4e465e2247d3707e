"""Print the PgBouncer that a test uses; install Debian's package when none is found.

CHENU_PGBOUNCER names one explicitly. Ends with one clear line and status 1 when there is none and
none can be installed (not root, or no apt-get).
"""

import os
import shutil
import sys

from debian import install

HINT = "install pgbouncer (Debian: apt-get install pgbouncer) or set CHENU_PGBOUNCER to its path"
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def find_pgbouncer() -> str | None:
    return shutil.which(os.environ.get("CHENU_PGBOUNCER") or "pgbouncer", path=_PLACES)


def main() -> int:
    found, reason = find_pgbouncer(), None
    if found is None and not os.environ.get("CHENU_PGBOUNCER"):
        reason = install("pgbouncer", "pgbouncer")
        found = find_pgbouncer()
    if found is None:
        why = f" ({reason})" if reason else ""
        print(f"no PgBouncer for the test of pooled sessions{why}: {HINT}", file=sys.stderr)
        return 1
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
