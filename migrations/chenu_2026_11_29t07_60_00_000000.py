from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Integer
from piccolo.columns.column_types import Text
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.column_types import UUID
from piccolo.columns.indexes import IndexMethod


ID = "2026-11-29T07:60:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "restored backups, and which code may run"


def _params(**more):
    return {
        "default": None,
        "null": False,
        "primary_key": False,
        "unique": False,
        "index": False,
        "index_method": IndexMethod.btree,
        "choices": None,
        "db_column_name": None,
        "secret": False,
        **more,
    }


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION
    )

    manager.add_table(
        class_name="RestoredBackup",
        tablename="restored_backup",
        schema=None,
        columns=None,
    )

    manager.add_table(
        class_name="SchemaFloor",
        tablename="schema_floor",
        schema=None,
        columns=None,
    )

    manager.add_column(
        table_class_name="RestoredBackup",
        tablename="restored_backup",
        column_name="id",
        db_column_name="id",
        column_class_name="UUID",
        column_class=UUID,
        params=_params(primary_key=True),
        schema=None,
    )

    for name in ("made_at", "restored_at"):
        manager.add_column(
            table_class_name="RestoredBackup",
            tablename="restored_backup",
            column_name=name,
            db_column_name=name,
            column_class_name="Timestamptz",
            column_class=Timestamptz,
            params=_params(),
            schema=None,
        )

    manager.add_column(
        table_class_name="SchemaFloor",
        tablename="schema_floor",
        column_name="id",
        db_column_name="id",
        column_class_name="Integer",
        column_class=Integer,
        params=_params(default=1, primary_key=True),
        schema=None,
    )

    manager.add_column(
        table_class_name="SchemaFloor",
        tablename="schema_floor",
        column_name="oldest_code",
        db_column_name="oldest_code",
        column_class_name="Text",
        column_class=Text,
        params=_params(default=""),
        schema=None,
    )

    return manager
