"""No test leaves another log level behind: what a later one finds in its log would depend on it."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def unchanged_log_level() -> Iterator[None]:
    before = logging.getLogger().level
    yield
    after = logging.getLogger().level
    logging.getLogger().setLevel(before)
    assert after == before, "the root logger has another level than before this test"
