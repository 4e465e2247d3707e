"""The files of deploy/ with the values of one machine filled in."""

from pathlib import Path
from string import Template

from chenu.core.db_settings import connect_query

DEPLOY = Path(__file__).parents[2] / "deploy"


def fill_in(file: str, **values: object) -> str:
    """The text of deploy/`file`. Raises KeyError for a value that it asks for and does not get."""
    return Template((DEPLOY / file).read_text()).substitute(values)


def write_recipe(file: str, folder: Path, **values: object) -> Path:
    """Readable by whichever user the program runs as."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    path.write_text(fill_in(file, folder=folder, **values))
    path.chmod(0o644)
    return path


def write_pgbouncer(folder: Path, *, user: str, password: str, **values: object) -> Path:
    """pgbouncer.ini with its list of users; single quotes are doubled within a connect_query."""
    write_recipe("userlist.txt", folder, user=user, password=password)
    query = connect_query().replace("'", "''")
    return write_recipe("pgbouncer.ini", folder, connect_query=query, **values)
