"""Names that could be taken for CHE·NU's own, which nobody else may use.

Names are compared as they look: without accents, spaces and signs, with letters of other alphabets
replaced by Latin ones that look the same. The brand name is reserved alone and with words for a
role ("CHE·NU Support"), but not after a first name ("Marie Chenu"), because it is a family name
too.
"""

import re
import unicodedata
from collections.abc import Set as AbstractSet
from functools import lru_cache

from chenu.core.text import is_unseen

Sign = AbstractSet[str]
"""The characters that one letter, digit or symbol may be read as."""

_BRAND = "chenu"
_LONGEST = 200
"""Longer names are refused elsewhere."""

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
"""An article before the brand name is no first name.

After a first name ("Yann Le Chenu") it is free.
"""

_DIGITS = frozenset("0123456789")
_ROLES = frozenset(_ROLE_WORDS.split())
"""Words for a role in the company; reserved by themselves as handles."""
_COMPANIONS = frozenset({_BRAND}) | _ROLES | _DIGITS | frozenset(_COMPANION_WORDS.split())
"""Words that, before or after the brand name, still mean the brand."""
_ENDINGS = frozenset(_ENDING_WORDS.split())
"""Words that may directly follow the brand name; before it some of them are first names."""
_JOINTS = _DIGITS | frozenset(_JOINT_WORDS.split())
_LINKS = _JOINTS | frozenset(_LINK_WORDS.split())
"""Words that may precede a role word.

After one only a joint may, or "Staffan" would match "staff".
"""

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
"""Characters that are read as this letter, after case folding."""
_READINGS = {
    look: frozenset(letter for letter, looks in _LOOKALIKES.items() if look in looks)
    for look in "".join(_LOOKALIKES.values())
}
_MIDDLE_DOTS = "·•∙⋅・‧᛫.․。｡･"
_LATIN = re.compile(
    r"(?:LATIN|SYMBOL) (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*| BAR)?$"
)
"""The end of the Unicode name of a letter with a stroke or a hook, or in a box."""


def reads_like_brand(name: str) -> bool:
    """The brand name alone or with companion words, or written with its dot beside any words."""
    if len(name) > _LONGEST:
        return False
    return _is_written_as_mark(name) or any(
        _is_brand_with_companions(_signs_of(name, with_symbols=with_symbols))
        for with_symbols in (True, False)
    )


def is_reserved_handle(handle: str) -> bool:
    """The same for handles in URLs, where role words are reserved without the brand name too."""
    return reads_like_brand(handle) or _consists_of(_signs_of(handle, with_symbols=False), _ROLES)


def _is_written_as_mark(name: str) -> bool:
    """`CHE·NU` with the dot inside is never a family name."""
    words = (word.strip(_MIDDLE_DOTS) for word in name.split())
    return any(
        _spells(_signs_of(word, with_symbols=False), _BRAND)
        for word in words
        if not set(_MIDDLE_DOTS).isdisjoint(word)
    )


def _is_brand_with_companions(signs: list[Sign]) -> bool:
    for start in range(len(signs) - len(_BRAND) + 1):
        end = start + len(_BRAND)
        before, after = signs[:start], signs[end:]
        if _spells(signs[start:end], _BRAND) and _may_precede(before) and _may_follow(after):
            return True
    return False


def _may_precede(signs: list[Sign]) -> bool:
    is_article = any(_spells(signs, article) for article in _ARTICLES)
    return not signs or is_article or _consists_of(signs, _COMPANIONS)


def _may_follow(signs: list[Sign]) -> bool:
    rests = [signs, *(signs[len(end) :] for end in _ENDINGS if _begins(signs, 0, end))]
    return any(not rest or _consists_of(rest, _COMPANIONS) for rest in rests)


def _consists_of(signs: list[Sign], words: AbstractSet[str]) -> bool:
    """Whether all words are links or given words, and at least one is no link."""
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
    """The letters and digits of a name, with and without symbols that may stand for letters."""
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
    """The plain letter for one with a stroke or hook, a small capital, or one in a box."""
    match = None if char.isascii() else _LATIN.search(unicodedata.name(char, ""))
    return match[1].lower() if match else None
