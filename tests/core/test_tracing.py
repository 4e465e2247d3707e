"""Without a configured recorder, traces import and store nothing."""

import subprocess
import sys

import pytest

from chenu.core import tracing
from chenu.settings import read_settings
from tests.test_settings import TEST

pytestmark = pytest.mark.long

_BOOT = """
import sys
import chenu.app, chenu.jobs.worker
from chenu.core import tracing
ours = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "google.protobuf", "chenu.core.otlp")
print([name for name in sys.modules if name.startswith(ours)])
"""


def test_a_process_that_sends_none_does_not_import_what_would() -> None:
    done = subprocess.run([sys.executable, "-c", _BOOT], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]", "redis-py looks at opentelemetry.metrics by itself"


def test_a_span_that_nobody_records_is_an_empty_block() -> None:
    with tracing.recording(read_settings(TEST).traces, "chenu-web"), tracing.span("work") as note:
        note.attributes["any"] = "thing"

        assert tracing.headers() is None
        assert tracing.statement_hook() is None
