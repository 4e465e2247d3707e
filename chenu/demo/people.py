"""The people of the demo: one for each tier, role and state, all with the same password."""

import msgspec

from chenu.accounts.actor import Staff
from chenu.core.i18n import Locale
from chenu.tiers.catalogue import TierCode

DOMAIN = "demo.chenu.example"
PASSWORD = "vive-les-agents"  # noqa: S105 - printed by the demo for everybody


class DemoPerson(msgspec.Struct, frozen=True):
    """`role` is printed beside the email address, with the tier and what is to see there."""

    role: str
    display_name: str
    tier: TierCode = TierCode.FREE
    state: str = "active"
    locale: Locale = "fr"
    staff: tuple[Staff, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.role}@{DOMAIN}"


PEOPLE = (
    DemoPerson("free", "Inès Moreau", TierCode.FREE, "has not had the trial"),
    DemoPerson(
        "starter",
        "Hugo Lambert",
        TierCode.STARTER,
        "renewed every month; a token pack, and more than 80 % of the month's tokens used",
    ),
    DemoPerson("pro", "Camille Roche", TierCode.PRO, "renewed every month"),
    DemoPerson(
        "business",
        "Nora Benali",
        TierCode.BUSINESS,
        "renewed every month, as is a monthly agent, of which a new version may be accepted; token "
        "limits of an API key and an agent, own hourly rate for ROI; API Basic, with its calls",
    ),
    DemoPerson(
        "enterprise",
        "Oliver Grant",
        TierCode.ENTERPRISE,
        "by contract, with unlimited tokens",
        "en",
    ),
    DemoPerson(
        "creator",
        "Jeanne Lefort",
        TierCode.STARTER,
        "sells agents; a bank asks about a sale, and an agent is suspended, with an open appeal",
    ),
    DemoPerson(
        "affiliate",
        "Théo Garnier",
        TierCode.STARTER,
        "from month to year, with tokens left; the payment of a monthly agent is overdue; in the "
        "affiliate programme, with clicks and customers",
    ),
    DemoPerson(
        "trial", "Mila Fontaine", TierCode.PRO, "in trial, without a card; free tries of two agents"
    ),
    DemoPerson("past-due", "Karim Haddad", TierCode.STARTER, "past due: the card is declined"),
    DemoPerson(
        "downgrade",
        "Lina Berger",
        TierCode.BUSINESS,
        "upgraded from PRO with tokens left; PRO again from the next period on",
    ),
    DemoPerson(
        "leaving",
        "Elsa Nilsson",
        TierCode.PRO,
        "cancelled, until the period ends, and so is a monthly agent; all tokens used",
        "en",
    ),
    DemoPerson(
        "left",
        "Paul Vidal",
        TierCode.FREE,
        "was on STARTER, has had the trial, and had a monthly agent; owes the tokens of a pack "
        "refunded at Stripe",
    ),
    DemoPerson(
        "withdrew",
        "Léo Marchand",
        TierCode.FREE,
        "withdrew from PRO after five days, and gave back part of a token pack",
    ),
    DemoPerson("staff", "Salomé Petit", TierCode.STARTER, "staff", staff=tuple(Staff)),
)
"""`tier`: what each has where the history ends. None of them has bought an agent for good."""

CUSTOMERS = (
    DemoPerson("amina", "Amina Diallo"),
    DemoPerson("basile", "Basile Renaud"),
    DemoPerson("chiara", "Chiara Conti", locale="en"),
    DemoPerson("david", "David Lemoine"),
    DemoPerson("esther", "Esther Klein", locale="en"),
    DemoPerson("fabio", "Fabio Marchetti", locale="en"),
    DemoPerson("gaelle", "Gaëlle Tanguy"),
    DemoPerson("henri", "Henri Morvan"),
)
"""Those who subscribe and buy without being printed."""

BUYERS = (
    DemoPerson("agathe", "Agathe Rousseau"),
    DemoPerson("bilal", "Bilal Cherif"),
    DemoPerson("celine", "Céline Dupuis"),
    DemoPerson("dorian", "Dorian Lacroix"),
    DemoPerson("eleonore", "Éléonore Picard"),
    DemoPerson("florian", "Florian Weber", locale="en"),
    DemoPerson("gwen", "Gwen Le Goff"),
    DemoPerson("hanna", "Hanna Virtanen", locale="en"),
    DemoPerson("ismael", "Ismaël Traoré"),
    DemoPerson("julie", "Julie Bonnet"),
    DemoPerson("kaat", "Kaat Peeters", locale="en"),
    DemoPerson("lucas", "Lucas Ferrand"),
    DemoPerson("maeve", "Maeve Byrne", locale="en"),
    DemoPerson("nadia", "Nadia Amrani"),
    DemoPerson("oscar", "Oscar Lindholm", locale="en"),
    DemoPerson("pauline", "Pauline Girard"),
    DemoPerson("quentin", "Quentin Masson"),
    DemoPerson("romain", "Romain Delcourt"),
    DemoPerson("sanne", "Sanne de Boer", locale="en"),
    DemoPerson("tiago", "Tiago Almeida", locale="en"),
)
"""Those who pay for a plan by the year, and buy agents, without being printed."""
