"""The brand of the demo's account on ENTERPRISE, on a host that leads to the demo itself."""

from chenu.branding.model import BrandInput
from chenu.core.site import FooterLink
from chenu.demo.names import insert_proved_name
from chenu.demo.seed import act_as
from chenu.domains.model import NameKind
from chenu.flows.branding.edit import set_brand

HOST = "meridian.localhost"
"""Browsers lead every name below `localhost` to this machine; nobody could prove it."""


async def show_brand() -> None:
    """Raises ChenuError."""
    data = BrandInput(
        name="Méridian",
        sender_name="Méridian, vos agents",
        accent_light="#8a1c4a",
        accent_dark="#ff9ec4",
        links=[FooterLink("Intranet", "https://intranet.meridian.example/")],
        locale="fr",
    )
    account_id = await set_brand(await act_as("enterprise"), data)
    await insert_proved_name(account_id, NameKind.HOST, HOST)
