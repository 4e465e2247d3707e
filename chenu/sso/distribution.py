"""Connections and who came by them are found before an account is known."""

from chenu.core.distribution import OF_A_PERSON, SETTINGS, Local, Placement

PLACEMENTS: tuple[Placement, ...] = (
    Local("sso_connection", SETTINGS),
    Local("sso_identity", OF_A_PERSON),
    Local("sso_attempt", OF_A_PERSON),
    Local("sso_join", OF_A_PERSON),
)
