"""Newer releases of the product: the same code with more migrations, run by their own processes."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chenu.demo.processes import Child

ROOT = Path(__file__).parents[2]
_CODE = ("chenu", "storefront", "graphql")
_TEMPLATE = '''"""Made up by the tests."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "{id}"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", wrap_in_transaction={is_whole}
    )

    async def run():
        for sql in {statements!r}:
            await engine_finder().run_ddl(sql)

    manager.add_raw(run)
    return manager
'''


@dataclass(frozen=True)
class Step:
    """One migration. Not `is_whole`: its statements run outside a transaction."""

    statements: tuple[str, ...]
    is_whole: bool = True


@dataclass
class Releases:
    """Each release knows the migrations of those before it."""

    folder: Path
    files: dict[str, str] = field(default_factory=dict)
    made: int = 0

    def make(self, steps: tuple[Step, ...]) -> Path:
        """The folder of the next release, a checkout of which only the migrations are copies."""
        self.made += 1
        for number, step in enumerate(steps):
            day = f"2099_01_{self.made:02}t00_{number:02}_00_000000"
            text = _TEMPLATE.format(
                id=f"2099-01-{self.made:02}T00:{number:02}:00:000000",
                is_whole=step.is_whole,
                statements=step.statements,
            )
            self.files[f"chenu_{day}.py"] = text
        release = self.folder / f"release-{self.made}"
        release.mkdir()
        for name in _CODE:
            (release / name).symlink_to(ROOT / name)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "migrations", release / "migrations", ignore=ignored)
        for name, text in self.files.items():
            (release / "migrations" / name).write_text(text)
        return release


def start_release(release: Path, env: Mapping[str, str], *arguments: str) -> Child:
    """`chenu ...` of this release."""
    path = f"{release}{os.pathsep}{release / 'graphql'}"
    child = Child(
        name=arguments[0],
        command=[sys.executable, "-m", "chenu", *arguments],
        log=release / f"{arguments[0]}.log",
        env={**os.environ, **env, "PYTHONPATH": path},
        cwd=release,
    )
    child.start()
    return child
