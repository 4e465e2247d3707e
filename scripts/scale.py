"""Print the programs that `make scale` starts; install Debian's packages of those that are missing.

Ends with one clear line and status 1 when one is missing and cannot be installed (not root, or no
apt-get).
"""

import os
import shutil
import sys

from debian import install

PACKAGES = {"haproxy": "haproxy", "pgbouncer": "pgbouncer", "etcd": "etcd-server", "ip": "iproute2"}
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin"


def find_missing() -> list[str]:
    return [name for name in PACKAGES if shutil.which(name, path=_PLACES) is None]


def main() -> int:
    missing, reason = find_missing(), None
    if missing:
        reason = install(", ".join(missing), *(PACKAGES[name] for name in missing))
        missing = find_missing()
    if missing:
        why = f" ({reason})" if reason else ""
        wanted = " ".join(PACKAGES[name] for name in missing)
        print(
            f"make scale needs {', '.join(missing)}{why}: apt-get install {wanted}", file=sys.stderr
        )
        return 1
    print(*(shutil.which(name, path=_PLACES) for name in PACKAGES), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
