"""Grounds of reports and what became of them, as texts to translate."""

from chenu.core.i18n import Locale, mark
from chenu.moderation.report_model import CaseState, ReportGround
from storefront.forms import list_options

GROUNDS = {
    ReportGround.ILLEGAL_CONTENT: mark("It is against the law"),
    ReportGround.SECURITY: mark("It is dangerous: it harms devices, accounts or data"),
    ReportGround.INTELLECTUAL_PROPERTY: mark("It copies somebody’s work or name"),
    ReportGround.MISLEADING: mark("It misleads: it does not do what it says"),
    ReportGround.INSULT: mark("It insults, threatens or discriminates"),
    ReportGround.OTHER: mark("Something else"),
}
CASE_STATES = {
    CaseState.OPEN: mark("Waits for a decision"),
    CaseState.DISMISSED: mark("Dismissed: nothing changed"),
    CaseState.ACTED: mark("Acted on"),
}


def ground_choices(locale: Locale) -> list[tuple[str, str]]:
    return list_options(GROUNDS, locale)
