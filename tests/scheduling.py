"""Which tests share a worker of pytest-xdist, and in which order they start.

`--dist loadgroup` would do this by marks, but xdist 3.8 puts the group into the node id in a way
that pytest 9 no longer supports.
"""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

GROUPS = {
    "tests/browser/": "demo",
    "tests/demo/": "demo",
    "tests/traces/": "traces",
}
"""Folders whose tests share something that is slow to start: one demo, or one traced sale."""
STANDS = "tests/faults/"
"""Files below this folder each share one running product."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Groups first, the longest of them first: single tests fill the remaining time of all
    workers.
    """

    def _split_scope(self, nodeid: str) -> str:
        for folder, group in GROUPS.items():
            if nodeid.startswith(folder):
                return group
        return nodeid.partition("::")[0] if nodeid.startswith(STANDS) else nodeid
