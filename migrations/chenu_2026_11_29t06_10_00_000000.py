from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-29T06:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "people without a bare referral code, which table referral replaces"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="AppUser",
        tablename="app_user",
        column_name="referral_code",
        db_column_name="referral_code",
        schema=None,
    )

    return manager
