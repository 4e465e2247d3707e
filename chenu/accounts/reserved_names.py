"""Names that read like the house's own: nobody else may speak in its name.

A name is read as eyes read it: without accents, spaces and signs, letters of other alphabets as
the Latin ones that they look like. The house's name is reserved alone and with words of a role
("CHE·NU Support"), not after a first name ("Marie Chenu"): it is a family's name as well.
"""

import re
import unicodedata
from collections.abc import Set as AbstractSet
from functools import lru_cache

from chenu.core.text import is_unseen

Sign = AbstractSet[str]
"""What one letter, digit or symbol may be read as."""

_HOUSE = "chenu"
_LONGEST = 200
"""No name is longer: what is gets refused for that."""

_ROLE_WORDS = """
    team teams equipe equipes support supports official officials officiel officielle officiels
    officielles help helpdesk helpline aide assistance staff admin admins administrator
    administrators administration administrateur administrateurs administratrice security
    securite safety trust confiance moderation moderator moderators moderateur moderateurs
    moderatrice service services care contact info infos billing facturation payment payments
    paiement paiements payout payouts refund refunds remboursement remboursements account
    accounts compte comptes sales ventes legal juridique compliance conformite privacy abuse
    verified verifie verifiee verification review reviews reviewer reviewers system systeme root
    postmaster webmaster hostmaster noreply
"""
_COMPANION_WORDS = """
    agent agents app apps application applications bot bots store shop boutique market
    marketplace marche platform plateforme news actualites press presse jobs careers emploi
    emplois recrutement partner partners partenaire partenaires developers developpeurs company
    group groupe inc ltd llc sas sarl gmbh corp hq siege headquarters europe
    international global customer customers client clients clientele user users original
    originals online enligne premium studio business enterprise starter finance status docs
    documentation academy events community communaute founder founders fondateur ceo crew
    corporation incorporated limited foundation fondation notifications notification alerts
    alerte alertes email assistant assistants assistante developer developpeur engineering
    research employee employees employe manager director directeur direction president owner
    operator operateur hotline center centre secure authentic authentique approved certified
    certifie invoices factures robot
"""
_JOINT_WORDS = "the le la les de du des of by from for et and tm sm"
_LINK_WORDS = "a an un une d l s no your votre notre our"
_ENDING_WORDS = "france ai ia pro plus dev lab labs hub cloud com fr eu net org io tv tm sm"

_ARTICLES = ("the", "le", "la", "les", "my", "mon", "our", "notre", "www")
"""Before the house's name they are no first name; after one, in "Yann Le Chenu", they are free."""

_DIGITS = frozenset("0123456789")
_ROLES = frozenset(_ROLE_WORDS.split())
"""Words that say who speaks: as a handle they are reserved by themselves."""
_COMPANIONS = frozenset({_HOUSE}) | _ROLES | _DIGITS | frozenset(_COMPANION_WORDS.split())
"""With these the house's name is still the house's, before it or after it."""
_ENDINGS = frozenset(_ENDING_WORDS.split())
"""What may follow it at once: before it some of these are first names."""
_JOINTS = _DIGITS | frozenset(_JOINT_WORDS.split())
_LINKS = _JOINTS | frozenset(_LINK_WORDS.split())
"""What may stand before such a word; after one only a joint, or Staffan would be staff."""

_LOOKALIKES = {
    "a": "аɑαᎪꓮ4@",
    "b": "ьвβᏴꓐ8",
    "c": "σсᑕϲᏟꓚⲥ¢ᑕ(",
    "d": "ԁɗᎠꓓ",
    "e": "еєεэɛᎬꓰⲉ3€℮ҽ",
    "f": "ғϝꓝ",
    "g": "ɡցԍᏀꓖ9",
    "h": "ᕼһнհηᎻꓧⲏԋ",
    "i": "ıіιӏᎥꓲ1l|!",
    "j": "јϳᎫꓙ",
    "k": "кκᏦꓗ",
    "l": "ӏⅼіιıᏞꓡ1i|!",
    "m": "мμᎷꓟ",
    "n": "ᑎпиոηνꓠⲛŋռ",
    "o": "оοսօⲟꓳ0",
    "p": "рρᏢꓑ",
    "q": "ԛգ",
    "r": "гяᎡꓣ",
    "s": "ѕᏚꓢ5$",
    "t": "тτᎢꓔ7",
    "u": "цυսμꓴᑌ∪v",
    "v": "ѵνᏙꓦ",
    "w": "ԝшωᎳꓪ",
    "x": "хχꓫ",
    "y": "уүγυ",
    "z": "Ꮓꓜ2",
}
"""What is read as this letter, in the case that folding leaves it in."""
_READINGS = {
    look: frozenset(letter for letter, looks in _LOOKALIKES.items() if look in looks)
    for look in "".join(_LOOKALIKES.values())
}
_MIDDLE_DOTS = "·•∙⋅・‧᛫.․。｡･"
_LATIN = re.compile(
    r"(?:LATIN|SYMBOL) (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*| BAR)?$"
)
"""The end of the Unicode name of a letter with a stroke, a hook, or in a box."""


def reads_like_house(name: str) -> bool:
    """The house's name, alone or with companions, or spelled with its dot whatever stands by."""
    if len(name) > _LONGEST:
        return False
    return _is_written_as_mark(name) or any(
        _is_house_in_company(_signs_of(name, with_symbols=with_symbols))
        for with_symbols in (True, False)
    )


def is_reserved_handle(handle: str) -> bool:
    """The same for a name in addresses, where roles are reserved without the house's name too."""
    return reads_like_house(handle) or _consists_of(_signs_of(handle, with_symbols=False), _ROLES)


def _is_written_as_mark(name: str) -> bool:
    """`CHE·NU` with a dot inside is nobody's family name."""
    words = (word.strip(_MIDDLE_DOTS) for word in name.split())
    return any(
        _spells(_signs_of(word, with_symbols=False), _HOUSE)
        for word in words
        if not set(_MIDDLE_DOTS).isdisjoint(word)
    )


def _is_house_in_company(signs: list[Sign]) -> bool:
    for start in range(len(signs) - len(_HOUSE) + 1):
        end = start + len(_HOUSE)
        before, after = signs[:start], signs[end:]
        if _spells(signs[start:end], _HOUSE) and _may_precede(before) and _may_follow(after):
            return True
    return False


def _may_precede(signs: list[Sign]) -> bool:
    is_article = any(_spells(signs, article) for article in _ARTICLES)
    return not signs or is_article or _consists_of(signs, _COMPANIONS)


def _may_follow(signs: list[Sign]) -> bool:
    rests = [signs, *(signs[len(end) :] for end in _ENDINGS if _begins(signs, 0, end))]
    return any(not rest or _consists_of(rest, _COMPANIONS) for rest in rests)


def _consists_of(signs: list[Sign], words: AbstractSet[str]) -> bool:
    """Are they links and such words, at least one of which is no link?"""
    reached = {(0, False)}
    for place in range(len(signs)):
        for has_word in (False, True):
            if (place, has_word) in reached:
                reached |= _next_places(signs, place, words, has_word=has_word)
    return (len(signs), True) in reached


def _next_places(
    signs: list[Sign], place: int, words: AbstractSet[str], *, has_word: bool
) -> set[tuple[int, bool]]:
    links = _JOINTS if has_word else _LINKS
    ends = {(place + len(word), True) for word in words if _begins(signs, place, word)}
    return ends | {(place + len(link), has_word) for link in links if _begins(signs, place, link)}


def _begins(signs: list[Sign], place: int, word: str) -> bool:
    return _spells(signs[place : place + len(word)], word)


def _spells(signs: list[Sign], word: str) -> bool:
    return len(signs) == len(word) and all(
        letter in sign for sign, letter in zip(signs, word, strict=True)
    )


def _signs_of(name: str, *, with_symbols: bool) -> list[Sign]:
    """The letters and digits of a name, with the symbols that may stand for one or without."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return [
        _read(char)
        for char in folded
        if not is_unseen(char)
        and not unicodedata.combining(char)
        and (char.isalnum() or _find_latin(char) or (with_symbols and char in _READINGS))
    ]


@lru_cache(maxsize=2_000)
def _read(char: str) -> Sign:
    latin = _find_latin(char)
    return _READINGS.get(char, frozenset()) | ({char, latin} if latin else {char})


def _find_latin(char: str) -> str | None:
    """The plain letter in one with a stroke or a hook, of small capitals, or in a box."""
    match = None if char.isascii() else _LATIN.search(unicodedata.name(char, ""))
    return match[1].lower() if match else None
