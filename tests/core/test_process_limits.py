"""A process that works on what people sent ends when it takes more than it may."""

import signal
import subprocess
import sys
from pathlib import Path

LIMITED = (
    "from chenu.core.process_limits import limit_process;"
    "limit_process(cpu_seconds=1, memory=200_000_000, writes_files=False);"
)


def run(program: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", f"{LIMITED}{program}"]
    return subprocess.run(command, capture_output=True, text=True)


def test_within_its_limits_a_program_runs() -> None:
    done = run("print(len(bytes(1_000_000)))")

    assert (done.returncode, done.stdout) == (0, "1000000\n")


def test_too_much_memory_is_an_error_of_the_program() -> None:
    done = run("bytes(300_000_000)")

    assert done.returncode == 1
    assert "MemoryError" in done.stderr


def test_too_much_processor_time_ends_it() -> None:
    done = run("\nwhile True: pass")

    assert -done.returncode in (signal.SIGXCPU, signal.SIGKILL)


def test_it_writes_no_file(tmp_path: Path) -> None:
    done = run(f"import pathlib; pathlib.Path({str(tmp_path / 'file')!r}).write_text('x')")

    assert done.returncode == 1
    assert (tmp_path / "file").stat().st_size == 0
