"""Which tests share a worker of pytest-xdist, and in which order they start.

`--dist loadgroup` would do this by marks, but xdist 3.8 puts the group into the node id in a way
that pytest 9 no longer supports.
"""

from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

GROUPS = {
    "tests/browser/test_affiliates.py": "affiliates",
    "tests/browser/test_plans.py": "plans",
    "tests/demo/test_old_history.py": "old history",
    "tests/core/test_primary_alone": "replica",
    "tests/core/test_recent_writes": "replica",
    "tests/core/test_replica": "replica",
    "tests/core/test_event_archive": "months",
    "tests/core/test_ledger_archive": "months",
    "tests/core/test_ledger_months": "months",
    "tests/core/test_month_": "months",
    "tests/core/test_token_archive": "months",
    "tests/browser/": "demo",
    "tests/demo/": "demo",
    "tests/house/test_layout": "layout",
    "tests/mcp_server/": "mcp",
    "tests/traces/": "traces",
}
"""Folders and files whose tests share something slow to start: one demo, a replica, a
database split by month, the SDK of 0064, one traced sale, or all files that were parsed.

The first that fits holds.
"""
STANDS = "tests/faults/"
"""Files below this folder each share one running product."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Groups first, the longest of them first: single tests fill the remaining time of all
    workers.
    """

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """xdist counts through all that a node was ever given, after each test: what is finished is
        forgotten.
        """
        scope = self._split_scope(self.registered_collections[node][item_index])
        unit = self.assigned_work[node][scope]
        if list(unit.values()).count(False) == 1:
            del self.assigned_work[node][scope]
            self._reschedule(node)
        else:
            super().mark_test_complete(node, item_index, duration)

    def _split_scope(self, nodeid: str) -> str:
        for folder, group in GROUPS.items():
            if nodeid.startswith(folder):
                return group
        return nodeid.partition("::")[0] if nodeid.startswith(STANDS) else nodeid
