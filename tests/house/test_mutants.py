"""The bugs of `make mutants` can still be planted, and the tests that they name are there."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATCHES = sorted((ROOT / "tests" / "mutants").glob("*.patch"))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_bug_can_be_planted_and_names_tests_that_exist(patch: Path) -> None:
    head = patch.read_text(encoding="utf-8").split("\n--- ", 1)[0].splitlines()
    tests = [line.removeprefix("Test: ") for line in head if line.startswith("Test: ")]

    check = ["git", "apply", "--check", str(patch)]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"plant it anew, see tests/README.md: {done.stderr}"
    assert tests
    for test in tests:
        path, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8") if name else True


def test_there_are_twenty_at_least() -> None:
    assert len(PATCHES) >= 20
