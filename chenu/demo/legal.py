"""Legal names of the demo's creators, and the statements of the months behind them."""

from chenu.agents.legal_details import LegalDetailsInput, find_legal_details, save_legal_details
from chenu.agents.queries import find_creator_by_handle
from chenu.demo.catalogue import Creator, load_creators
from chenu.demo.seed import act_as
from chenu.flows.creators.statements import make_due_statements
from chenu.flows.services import Services

_REGISTERED = "kessler-brandt"
"""Has a VAT number, in another country than ours: reverse charge."""
_VAT_NUMBER = "DE100000008"


async def make_statements(services: Services) -> None:
    """From the books, by the task that makes them every month; once."""
    for number, creator in enumerate(load_creators(), start=1):
        await _tell_details(creator, number)
    await make_due_statements(services)


async def _tell_details(creator: Creator, number: int) -> None:
    """Unless the creator has, since the demo began."""
    found = await find_creator_by_handle(creator.handle)
    if found is None or await find_legal_details(found.id) is not None:
        return
    is_registered = creator.handle == _REGISTERED
    details = LegalDetailsInput(
        legal_name=creator.display_name,
        line1=f"{number} rue de l’Exemple",
        postal_code=f"{10_000 + number}",
        city="Exemple",
        country=creator.country,
        vat_number=_VAT_NUMBER if is_registered else "",
        tax_number="" if is_registered else f"DEMO {1000 + number}",
        agrees=True,
    )
    await save_legal_details(await act_as(creator.email), details)
