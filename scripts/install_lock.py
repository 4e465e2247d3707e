"""Install exactly what a lock file names into an environment, and check that nothing is missing.

`--no-deps`: the lock is the whole resolution. Without it pip resolves extras anew, and leaves the
lock as soon as an index holds something newer.
"""

import argparse
import subprocess
import sys


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", help="a requirements file with hashes")
    parser.add_argument("--project", help="this folder too, as an editable install")
    parser.add_argument("--python", default=sys.executable, help="the environment's interpreter")
    given = parser.parse_args()
    pip = [sys.executable, "-m", "pip", "--python", given.python, "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--no-deps"]
    steps = [[*install, "--require-hashes", "-r", given.lock]]
    if given.project:
        steps.append([*install, "--no-build-isolation", "--editable", given.project])
    steps.append([*pip, "check"])
    return next((code for step in steps if (code := run(step))), 0)


def run(step: list[str]) -> int:
    """Quiet unless it fails: `pip check` names what is missing on its standard output."""
    done = subprocess.run(step, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout, end="", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
