"""Legal details of a made-up creator."""

from chenu.agents.legal_details import LegalDetailsInput

COMPANY = LegalDetailsInput(
    legal_name="Atelier Nord SARL",
    line1="12 rue de la Paix",
    postal_code="75002",
    city="Paris",
    country="FR",
    vat_number="FR 12 000 000 000",
    agrees=True,
)
