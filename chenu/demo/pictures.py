"""Pictures for some of the demo's agents, as if their creators had uploaded them long ago.

Not a part of the history's file, which holds rows: their files are made where a demo starts.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from chenu.accounts.actor import ANONYMOUS
from chenu.accounts.audit import is_recorded, record
from chenu.agents.media import AgentMedia, NewPicture
from chenu.agents.model import AgentId
from chenu.agents.pictures import lock_pictures
from chenu.core import db
from chenu.demo.drawings import Colour, Figure, Line, Screen, draw_icon, draw_screen
from chenu.flows.agent_pictures import keep_picture
from chenu.flows.services import Services
from chenu.media.pictures import PictureUse

HUNG = "demo.pictures"
"""The action in the audit trail of a database that has its pictures."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the agent of this slug shows."""

    slug: str
    colour: Colour
    figure: Figure
    screens: tuple[Screen, ...]


PICTURES = (
    Shown(
        "trieur-de-factures",
        (47, 93, 98),
        "sheets",
        (
            Screen(
                "Six factures fournisseurs rapprochées du relevé ; un doublon est signalé en rouge",
                "Factures d’octobre",
                (
                    Line("Couverture Martin  n° 2041", "1 284,00  en ordre"),
                    Line("Zinguerie du Nord  n° 88-310", "412,50  en ordre"),
                    Line("Bois & Fils  n° 7731", "2 090,00  due lundi", "warn"),
                    Line("Couverture Martin  n° 2041", "doublon", "bad"),
                    Line("Location Hauban  n° 5520", "318,00  en ordre"),
                    Line("Ardoises Leroy  n° 119", "avoir attendu", "warn"),
                ),
            ),
            Screen(
                "Deux brouillons de relance attendent votre accord, et une pièce manque encore",
                "Vos relances",
                (
                    Line("Bois & Fils : bon de livraison", "brouillon", "warn"),
                    Line("Ardoises Leroy : avoir n° 119", "brouillon", "warn"),
                    Line("Location Hauban : contrat", "absent", "bad"),
                ),
            ),
        ),
    ),
    Shown(
        "relecteur-de-baux",
        (93, 63, 106),
        "clause",
        (
            Screen(
                "Cinq clauses d’un bail commercial, dont une risquée et deux discutables",
                "Bail du 12, rue des Tanneurs",
                (
                    Line("Art. 4  Destination des lieux", "conforme"),
                    Line("Art. 7  Indexation du loyer", "discutable", "warn"),
                    Line("Art. 9  Charges locatives", "risque", "bad"),
                    Line("Art. 11  Caution bancaire", "conforme"),
                    Line("Art. 15  Sortie triennale", "discutable", "warn"),
                ),
            ),
        ),
    ),
    Shown(
        "cuisine-de-saison",
        (166, 84, 47),
        "pot",
        (
            Screen(
                "Cinq dîners de la semaine avec la durée de garde de chaque boîte",
                "Vos repas du dimanche",
                (
                    Line("Lundi  Soupe de potimarron", "3 jours"),
                    Line("Mardi  Riz aux carottes", "1 jour", "bad"),
                    Line("Mercredi  Dahl de lentilles", "4 jours"),
                    Line("Jeudi  Gratin de blettes", "2 jours", "warn"),
                    Line("Vendredi  Bouillon aux vermicelles", "3 jours"),
                ),
            ),
        ),
    ),
)


async def hang_pictures(services: Services, shown: Sequence[Shown] = PICTURES) -> None:
    """Once: who removes one in a demo does not find it again. Raises ChenuError, nothing is hung
    then.
    """
    if await is_recorded(HUNG):
        return
    hung = [await _make(services, each) for each in shown]
    async with db.transaction():
        for agent_id, media in hung:
            await _write(agent_id, media)
        await record(ANONYMOUS, HUNG)


async def _make(services: Services, shown: Shown) -> tuple[AgentId, AgentMedia]:
    agent_id = AgentId(await db.fetch_value("SELECT id FROM agent WHERE slug = $1", shown.slug))

    async def keep(use: PictureUse, raw: bytes, alt: str = "") -> NewPicture:
        return NewPicture(use, await keep_picture(services, agent_id, use, raw), alt)

    media = AgentMedia()
    icon = keep(PictureUse.ICON, draw_icon(shown.figure, shown.colour))
    screens = (
        keep(PictureUse.SCREENSHOT, draw_screen(screen, shown.colour), screen.alt)
        for screen in shown.screens
    )
    for new in await asyncio.gather(icon, *screens):
        media = media.with_new(new)
    return agent_id, media


async def _write(agent_id: AgentId, media: AgentMedia) -> None:
    """The day of its last update stays as it was."""
    for use in PictureUse:
        await lock_pictures(agent_id, use, media.names(use))
    sql = "UPDATE agent SET media = $2 WHERE id = $1"
    await db.execute(sql, agent_id, msgspec.json.encode(media).decode())
