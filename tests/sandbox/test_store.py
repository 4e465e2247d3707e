"""The file that a sandbox keeps its state in."""

import sqlite3
from pathlib import Path

import pytest

from chenu.sandbox.__main__ import main
from chenu.sandbox.engine.store import Store


def test_a_file_of_another_version_is_refused_with_one_line(tmp_path: Path) -> None:
    data = tmp_path / "sandbox.sqlite"
    connection = sqlite3.connect(data)
    connection.execute("CREATE TABLE objects (id TEXT)")
    connection.close()

    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", "--data", str(data)])

    assert "--fresh" in str(ended.value)
    assert len(str(ended.value).splitlines()) == 1


def test_a_file_of_this_version_is_opened_again(tmp_path: Path) -> None:
    data = str(tmp_path / "sandbox.sqlite")
    first = Store(data)
    first.set_meta("name", "value")
    first.close()

    again = Store(data)

    assert again.get_meta("name", "") == "value"
    again.close()
