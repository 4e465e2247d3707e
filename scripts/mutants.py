"""`make mutants`: do the tests notice bugs? Each patch of tests/mutants plants one.

A patch names its bug and the tests that must fail with it. They pass in an unpatched copy of the
checkout first; then each bug is planted in a copy, and only its tests run. At least 19 of 20 must
be caught, and every patch must still apply.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
PATCHES = ROOT / "tests" / "mutants"
VENV, VENDOR = ".venv", "storefront/static/vendor"
"""What git does not know: shared with the checkout, and copied, since links are not listed."""

MOST_MISSED = 1
AT_ONCE = 2
PATIENCE = 600
FAILED = 1
"""How pytest ends when it ran and a test failed; greater numbers mean that it did not run."""


@dataclass(frozen=True)
class Mutant:
    patch: Path
    bug: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.patch.stem


def read_mutant(patch: Path) -> Mutant:
    """Raises ValueError for a patch that names no bug or no test."""
    head = patch.read_text(encoding="utf-8").split("\n--- ", 1)[0].splitlines()
    bugs = [line.removeprefix("Bug: ") for line in head if line.startswith("Bug: ")]
    tests = tuple(line.removeprefix("Test: ") for line in head if line.startswith("Test: "))
    if not bugs or not tests:
        raise ValueError(f"{patch.name} begins with 'Bug: …' and a 'Test: …' for each test")
    return Mutant(patch, bugs[0], tests)


def copy_checkout(folder: Path) -> Path:
    """What git knows or would add, as it is now."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    (folder / VENV).symlink_to(ROOT / VENV)
    shutil.copytree(ROOT / VENDOR, folder / VENDOR)
    return folder


def run_tests(copy: Path, tests: tuple[str, ...], processes: int = 0) -> tuple[int, str]:
    """How pytest ended, and what it printed; nobody waits longer than PATIENCE."""
    paths = os.pathsep.join([str(copy), str(copy / "graphql")])
    caches = {"PYTHONDONTWRITEBYTECODE": "1", "FAULT_SHARE": "0.1", "CHENU_TEST_SEED": "1"}
    command = [str(copy / ".venv/bin/python"), "-m", "pytest", "-q", "--tb=no", "-rfE"]
    command += ["-p", "no:cacheprovider", "-n", str(processes), *tests]
    try:
        ran = subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, **caches, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return FAILED, "".join(f"FAILED {test} did not end\n" for test in tests)
    return ran.returncode, ran.stdout + ran.stderr


def find_passed(mutant: Mutant, printed: str) -> list[str]:
    """The named tests of which nothing failed."""
    failed = [
        line.split(" ", 1)[1]
        for line in printed.splitlines()
        if line.startswith(("FAILED ", "ERROR "))
    ]
    return [test for test in mutant.tests if not any(each.startswith(test) for each in failed)]


def apply(copy: Path, mutant: Mutant, *options: str) -> bool:
    command = ["git", "apply", *options, str(mutant.patch)]
    ceiling = {**os.environ, "GIT_CEILING_DIRECTORIES": str(copy.parent)}
    return subprocess.run(command, cwd=copy, env=ceiling, check=False).returncode == 0


def plant(copy: Path, mutant: Mutant) -> str:
    """'caught', or what is wrong."""
    if not apply(copy, mutant):
        return "does not apply"
    try:
        code, printed = run_tests(copy, mutant.tests)
    finally:
        apply(copy, mutant, "--reverse")
    if code > FAILED:
        return f"its tests could not run:\n{printed[-2000:]}"
    passed = find_passed(mutant, printed)
    return f"missed by {', '.join(passed)}" if passed else "caught"


def plant_all(mutants: list[Mutant], copies: list[Path]) -> dict[str, str]:
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def take(mutant: Mutant) -> tuple[str, str]:
        copy, began = free.get(), time.monotonic()
        try:
            outcome = plant(copy, mutant)
        finally:
            free.put(copy)
        seconds = time.monotonic() - began
        print(f"{mutant.name}: {outcome} ({seconds:.0f} s) — {mutant.bug}", flush=True)
        return mutant.name, outcome

    with ThreadPoolExecutor(len(copies)) as threads:
        return dict(threads.map(take, mutants))


def main(wanted: list[str]) -> int:
    mutants = [read_mutant(patch) for patch in sorted(PATCHES.glob("*.patch"))]
    mutants = [each for each in mutants if not wanted or each.name in wanted]
    folder = Path(tempfile.mkdtemp(prefix="chenu-mutants-"))
    folder.chmod(0o755)  # PostgreSQL is started as another user where we are root
    try:
        copies = [copy_checkout(folder / str(number)) for number in range(AT_ONCE)]
        tests = tuple(sorted({test for mutant in mutants for test in mutant.tests}))
        code, printed = run_tests(copies[0], tests, AT_ONCE)
        if code:
            print(printed[-5000:], "The tests fail without any bug.", sep="\n")
            return 1
        outcomes = plant_all(mutants, copies)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    missed = [name for name, outcome in outcomes.items() if outcome.startswith("missed")]
    broken = [name for name, outcome in outcomes.items() if outcome not in ("caught",)]
    print(f"{len(mutants) - len(broken)} of {len(mutants)} caught")
    return int(len(missed) > MOST_MISSED or set(broken) != set(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
