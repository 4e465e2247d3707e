"""Reads what was typed into the payment form."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from chenu.sandbox.objects.cards import TestCard, find_card, passes_luhn

_EXPIRY = re.compile(r"\s*(\d{1,2})\s*/\s*(\d{2}|\d{4})\s*")


class InvalidCard(Exception):
    """`message_key` names the text for the payer in chenu.sandbox.pages.translations."""

    def __init__(self, message_key: str, field: str) -> None:
        super().__init__(message_key)
        self.message_key = message_key
        self.field = field


@dataclass(frozen=True, slots=True)
class Payer:
    name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class EnteredCard(Payer):
    card: TestCard
    expiry: tuple[int, int]


def read_card(form: dict[str, str], now: int) -> EnteredCard:
    """Raises InvalidCard. `now`: the moment that the expiry date is compared with."""
    number = re.sub(r"[\s-]", "", form.get("card", ""))
    if not number.isdecimal() or not passes_luhn(number):
        raise InvalidCard("incorrect_number", "card")
    card = find_card(number)
    if card is None:
        raise InvalidCard("unknown_card", "card")
    expiry = _expiry(form.get("exp", ""), now)
    cvc = form.get("cvc", "").strip()
    if not cvc.isdecimal() or len(cvc) not in (3, 4):
        raise InvalidCard("invalid_cvc", "cvc")
    payer = read_payer(form)
    return EnteredCard(payer.name, payer.email, card, expiry)


def read_payer(form: dict[str, str]) -> Payer:
    """Name and e-mail without a card."""
    name, email = form.get("name", "").strip(), form.get("email", "").strip()
    return Payer(name or None, email or None)


def _expiry(text: str, now: int) -> tuple[int, int]:
    match = _EXPIRY.fullmatch(text)
    today = datetime.fromtimestamp(now, UTC)
    if match is None:
        raise InvalidCard("invalid_expiry", "exp")
    month, year = int(match[1]), int(match[2]) % 100 + 2000
    if not 1 <= month <= 12 or (year, month) < (today.year, today.month):
        raise InvalidCard("invalid_expiry", "exp")
    return month, year
