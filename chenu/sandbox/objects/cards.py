"""Stripe's test cards, and what each of them does. https://docs.stripe.com/testing"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a payment fails; `message` is what Stripe says to the customer."""

    code: str
    decline_code: str
    message: str
    network_code: str | None = None


DECLINES = {
    decline.decline_code: decline
    for decline in (
        Decline("card_declined", "generic_decline", "Your card was declined.", "01"),
        Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.", "51"),
        Decline("card_declined", "lost_card", "Your card was declined.", "41"),
        Decline("card_declined", "stolen_card", "Your card was declined.", "43"),
        Decline("expired_card", "expired_card", "Your card has expired.", "54"),
        Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", "82"),
        Decline(
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
            "96",
        ),
        Decline(
            "authentication_required",
            "authentication_required",
            "Your card was declined. This transaction requires authentication.",
            "1A",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class TestCard:
    """`three_d_secure`: never, once (then off-session is fine if it was set up) or always.

    `refund`: succeeded at once, pending for an hour, or failing after an hour. `bank`: what the
    cardholder's bank does once it is charged: a dispute, an inquiry or a warning; `reason` is why.
    """

    number: str
    method_id: str
    brand: str = "visa"
    decline: str | None = None
    three_d_secure: str = "never"
    funds_at_once: bool = False
    refund: str = "succeeded"
    bank: str | None = None
    reason: str = "fraudulent"

    @property
    def last4(self) -> str:
        return self.number[-4:]


_ALL = (
    TestCard("4242424242424242", "pm_card_visa"),
    TestCard("5555555555554444", "pm_card_mastercard", brand="mastercard"),
    TestCard("4000002500003155", "pm_card_authenticationRequiredOnSetup", three_d_secure="once"),
    TestCard("4000002760003184", "pm_card_authenticationRequired", three_d_secure="always"),
    TestCard("4000000000000341", "pm_card_chargeCustomerFail", decline="generic_decline"),
    TestCard("4000000000000002", "pm_card_visa_chargeDeclined", decline="generic_decline"),
    TestCard(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        decline="insufficient_funds",
    ),
    TestCard("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", decline="lost_card"),
    TestCard("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", decline="stolen_card"),
    TestCard("4000000000000069", "pm_card_chargeDeclinedExpiredCard", decline="expired_card"),
    TestCard("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", decline="incorrect_cvc"),
    TestCard(
        "4000000000000119", "pm_card_chargeDeclinedProcessingError", decline="processing_error"
    ),
    TestCard("4000000000000077", "pm_card_bypassPending", funds_at_once=True),
    TestCard("4000000000007726", "pm_card_pendingRefund", refund="pending"),
    TestCard("4000000000005126", "pm_card_refundFail", refund="fails"),
    TestCard("4000000000000259", "pm_card_createDispute", bank="dispute"),
    TestCard(
        "4000000000002685",
        "pm_card_createDisputeProductNotReceived",
        bank="dispute",
        reason="product_not_received",
    ),
    TestCard("4000000000001976", "pm_card_createDisputeInquiry", bank="inquiry"),
    TestCard("4000000000005423", "pm_card_createIssuerFraudRecord", bank="warning"),
)

_BY_NUMBER = {card.number: card for card in _ALL}
_PAYING_PREFIX, _DIGITS = "424242", 16
BY_METHOD_ID = {card.method_id: card for card in _ALL}


def passes_luhn(number: str) -> bool:
    """The check digit of card numbers; 4242 4242 4242 4241 fails it."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [d * 2 - 9 * (d > 4) if place % 2 else d for place, d in enumerate(digits)]
    return 12 <= len(digits) <= 19 and sum(doubled) % 10 == 0


def find_card(number: str) -> TestCard | None:
    """The test card of a number; every other valid one that begins 4242 42 pays too."""
    if number in _BY_NUMBER:
        return _BY_NUMBER[number]
    if number.startswith(_PAYING_PREFIX) and len(number) == _DIGITS and passes_luhn(number):
        return TestCard(number, "pm_card_visa")
    return None


def get_card(number: str) -> TestCard:
    """Of a number that was accepted before."""
    card = find_card(number)
    if card is None:
        raise LookupError("no test card has this number")
    return card
