from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-29T02:37:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "budgets without is_unpaid"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="TokenBudgetPeriod",
        tablename="token_budget_period",
        column_name="is_unpaid",
        db_column_name="is_unpaid",
        schema=None,
    )

    return manager
