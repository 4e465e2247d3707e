"""How pages call grants of tokens and the entries of a statement."""

from chenu.core.i18n import mark

GRANT_KINDS = {
    "MONTHLY": mark("Budget of the month"),
    "TRIAL": mark("Budget of the trial"),
    "PACK": mark("Bought tokens"),
    "PACK_BONUS": mark("Bonus of a pack"),
    "PROMOTION": mark("Free tries of one agent"),
    "ADJUSTMENT": mark("Given by CHE·NU"),
}
ENTRY_KINDS = {
    "GRANT": mark("Received"),
    "HOLD": mark("Reserved for a run"),
    "RELEASE": mark("Reservation ended"),
    "SPEND": mark("Used"),
    "EXPIRE": mark("Expired"),
    "REVOKE": mark("Taken back"),
    "ADJUST": mark("Corrected"),
}
NO_GRANT = mark("Unlimited plan")
NO_AGENT = mark("Without an agent")
