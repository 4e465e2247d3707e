"""The people of the demo: one for each tier and role, all with the same password."""

from dataclasses import dataclass

from chenu.accounts.actor import Staff
from chenu.core.i18n import Locale
from chenu.tiers.catalogue import TierCode

DOMAIN = "demo.chenu.example"
PASSWORD = "vive-les-agents"  # noqa: S105 - printed by the demo for everybody


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """`role` is printed beside the email address."""

    role: str
    display_name: str
    tier: TierCode
    locale: Locale = "fr"
    staff: tuple[Staff, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.role}@{DOMAIN}"


PEOPLE = (
    DemoPerson("free", "Inès Moreau", TierCode.FREE),
    DemoPerson("starter", "Hugo Lambert", TierCode.STARTER),
    DemoPerson("pro", "Camille Roche", TierCode.PRO),
    DemoPerson("business", "Nora Benali", TierCode.BUSINESS),
    DemoPerson("enterprise", "Oliver Grant", TierCode.ENTERPRISE, "en"),
    DemoPerson("creator", "Jeanne Lefort", TierCode.STARTER),
    DemoPerson("affiliate", "Théo Garnier", TierCode.STARTER),
    DemoPerson("staff", "Salomé Petit", TierCode.STARTER, staff=tuple(Staff)),
)
