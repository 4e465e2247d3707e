"""Which tests share a worker of pytest-xdist: those that share something expensive to start.

`--dist loadgroup` would read it from marks, but xdist 3.8 puts the group into the node id in a way
that pytest 9 no longer follows.
"""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

FOLDERS = ("tests/browser/", "tests/demo/", "tests/traces/")
"""One demo, or one sale, for all tests below."""
FILES = ("tests/faults/",)
"""One stand for all tests of a file below."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Test by test, the shared ones first and each group in one worker."""

    def _split_scope(self, nodeid: str) -> str:
        for folder in FOLDERS:
            if nodeid.startswith(folder):
                return folder
        if nodeid.startswith(FILES):
            return nodeid.partition("::")[0]
        return nodeid
