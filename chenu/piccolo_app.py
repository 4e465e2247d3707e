"""The one Piccolo app: where the tables and the migrations are. See docs/decisions/0002."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="chenu",
    migrations_folder_path=str(Path(__file__).parents[1] / "migrations"),
    table_classes=table_finder(
        [
            "chenu.core.tables",
            "chenu.ledger.tables",
            "chenu.webhooks.tables",
            "chenu.accounts.tables",
            "chenu.accounts.key_tables",
            "chenu.accounts.impersonation_tables",
            "chenu.billing.tables",
            "chenu.billing.invoice_tables",
            "chenu.billing.dispute_tables",
            "chenu.billing.recurring_tables",
            "chenu.billing.credit_tables",
            "chenu.availability.tables",
            "chenu.agents.tables",
            "chenu.agents.refund_tables",
            "chenu.agents.shop_tables",
            "chenu.agents.version_tables",
            "chenu.agents.picture_tables",
            "chenu.agents.legal_tables",
            "chenu.support.tables",
            "chenu.moderation.report_tables",
            "chenu.moderation.tables",
            "chenu.tokens.pack_tables",
            "chenu.roi.tables",
            "chenu.branding.tables",
            "chenu.privacy.tables",
            "chenu.tokens.tables",
            "chenu.tokens.budget_tables",
            "chenu.tokens.limit_tables",
            "chenu.metering.tables",
            "chenu.affiliates.tables",
            "chenu.domains.tables",
            "chenu.sso.tables",
            "chenu.scim.tables",
            "chenu.analytics.cost_tables",
            "chenu.analytics.tables",
        ],
        exclude_imported=True,
    ),
)
