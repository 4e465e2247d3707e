"""Print the nginx that tests of reverse proxies use; install Debian's package when none is found.

CHENU_NGINX names one explicitly. Ends with one clear line and status 1 when there is none and none
can be installed (not root, or no apt-get).
"""

import os
import shutil
import sys

from debian import install

HINT = "install nginx (Debian: apt-get install nginx) or set CHENU_NGINX to its path"
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def find_nginx() -> str | None:
    return shutil.which(os.environ.get("CHENU_NGINX") or "nginx", path=_PLACES)


def main() -> int:
    found, reason = find_nginx(), None
    if found is None and not os.environ.get("CHENU_NGINX"):
        reason = install("nginx", "nginx")
        found = find_nginx()
    if found is None:
        why = f" ({reason})" if reason else ""
        print(f"no nginx for the tests of reverse proxies{why}: {HINT}", file=sys.stderr)
        return 1
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
