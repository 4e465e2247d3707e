"""Print the xmlsec1 with which SAML is verified; install Debian's package when none is found.

Ends with one clear line and status 1 when there is none and none can be installed (not root, or no
apt-get).
"""

import shutil
import sys

from debian import install

HINT = "install xmlsec1 (Debian: apt-get install xmlsec1)"


def main() -> int:
    found, reason = shutil.which("xmlsec1"), None
    if found is None:
        reason = install("xmlsec1", "xmlsec1")
        found = shutil.which("xmlsec1")
    if found is None:
        why = f" ({reason})" if reason else ""
        print(f"no xmlsec1 for the tests of SAML{why}: {HINT}", file=sys.stderr)
        return 1
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
