from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Integer
from piccolo.columns.indexes import IndexMethod


ID = "2026-11-30T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the timeline that the primary is on"


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
        class_name="PrimaryTimeline",
        tablename="primary_timeline",
        schema=None,
        columns=None,
    )

    manager.add_column(
        table_class_name="PrimaryTimeline",
        tablename="primary_timeline",
        column_name="id",
        db_column_name="id",
        column_class_name="Integer",
        column_class=Integer,
        params=_params(default=1, primary_key=True),
        schema=None,
    )

    manager.add_column(
        table_class_name="PrimaryTimeline",
        tablename="primary_timeline",
        column_name="timeline",
        db_column_name="timeline",
        column_class_name="Integer",
        column_class=Integer,
        params=_params(default=0),
        schema=None,
    )

    return manager
