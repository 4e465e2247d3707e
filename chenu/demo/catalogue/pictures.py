"""What some agents of the catalogue show of themselves, in their creators' language."""

import msgspec

from chenu.demo.drawings import Colour, Figure, Line, Screen


class Shown(msgspec.Struct, frozen=True):
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
