"""Install exactly what a lock file names into this interpreter's environment, and check it.

`--no-deps`: the lock is the whole resolution. Without it pip resolves extras anew, and leaves the
lock as soon as an index holds something newer. `pip check` says whether anything is missing.
"""

import argparse
import subprocess
import sys

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", help="a requirements file with hashes")
    parser.add_argument("--project", help="this folder too, as an editable install")
    given = parser.parse_args()
    steps = [[*PIP, "install", "--no-deps", "--require-hashes", "-r", given.lock]]
    if given.project:
        steps.append(
            [*PIP, "install", "--no-deps", "--no-build-isolation", "--editable", given.project]
        )
    steps.append([*PIP, "check"])
    return next((code for step in steps if (code := subprocess.run(step).returncode)), 0)


if __name__ == "__main__":
    sys.exit(main())
