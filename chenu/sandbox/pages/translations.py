"""The texts of the hosted pages in English and French, and the choice of language."""

from chenu.sandbox.pages.requests import HttpRequest

ENGLISH = {
    "pay": "Pay",
    "pay_title": "Payment",
    "test_mode": "Test payment: no money moves",
    "card": "Card number",
    "exp": "Expiry date (MM/YY)",
    "cvc": "Security code",
    "name": "Name on card",
    "email": "E-mail",
    "total": "Total",
    "cancel": "Go back without paying",
    "try_card": "Try 4242 4242 4242 4242, any future date, any security code.",
    "completed_title": "This payment is complete",
    "completed": "You have already paid here. There is nothing more to do.",
    "expired_title": "This payment page has expired",
    "expired": "Please go back to the shop and start again.",
    "unknown_title": "There is no such page",
    "unknown": "The URL may be incomplete or out of date.",
    "confirm_title": "Your bank asks you to confirm",
    "confirm": "This card wants its owner to confirm the payment.",
    "complete": "Confirm the payment",
    "fail": "Refuse the payment",
    "incorrect_number": "This card number is not correct.",
    "unknown_card": "Only Stripe's test cards work here.",
    "invalid_expiry": "The expiry date is not in the future or not readable.",
    "invalid_cvc": "The security code has three or four digits.",
    "card_declined": "Your card was declined. Please try another one.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "The security code is incorrect.",
    "processing_error": "Your card could not be processed. Please try again.",
    "authentication_failed": "Your bank did not confirm the payment. Please try again.",
    "onboarding_title": "Receive your earnings",
    "onboarding": "Stripe would now ask for your name, your birthday and your bank account.",
    "onboarding_account": "Account",
    "onboard_complete": "Complete: everything is verified",
    "onboard_review": "Complete, with a review of one hour",
    "onboard_leave": "Leave for now",
    "onboard_reject": "Be rejected",
    "receipt_title": "Receipt",
    "receipt_amount": "Amount paid",
    "receipt_refunded": "Refunded",
    "receipt_card": "Paid with",
    "date": "Date",
    "invoice": "Invoice",
    "invoice_paid": "Paid",
    "invoice_to": "Billed to",
    "invoice_pdf": "Download as PDF",
    "quantity": "Quantity",
    "description": "Description",
    "amount": "Amount",
    "express_title": "Your earnings",
    "available": "Available",
    "pending": "On its way",
    "payouts": "Payouts",
    "no_payouts": "No payout yet.",
    "status": "Status",
}

FRENCH = {
    "pay": "Payer",
    "pay_title": "Paiement",
    "test_mode": "Paiement de test : aucun argent ne circule",
    "card": "Numéro de carte",
    "exp": "Date d’expiration (MM/AA)",
    "cvc": "Code de sécurité",
    "name": "Nom sur la carte",
    "email": "E-mail",
    "total": "Total",
    "cancel": "Revenir sans payer",
    "try_card": "Essayez 4242 4242 4242 4242, une date à venir, un code quelconque.",
    "completed_title": "Ce paiement est terminé",
    "completed": "Vous avez déjà payé ici. Il n’y a plus rien à faire.",
    "expired_title": "Cette page de paiement a expiré",
    "expired": "Revenez à la boutique et recommencez.",
    "unknown_title": "Cette page n’existe pas",
    "unknown": "L’adresse est peut-être incomplète ou périmée.",
    "confirm_title": "Votre banque demande une confirmation",
    "confirm": "Le titulaire de cette carte doit confirmer le paiement.",
    "complete": "Confirmer le paiement",
    "fail": "Refuser le paiement",
    "incorrect_number": "Ce numéro de carte n’est pas correct.",
    "unknown_card": "Seules les cartes de test de Stripe fonctionnent ici.",
    "invalid_expiry": "La date d’expiration est passée ou illisible.",
    "invalid_cvc": "Le code de sécurité a trois ou quatre chiffres.",
    "card_declined": "Votre carte a été refusée. Essayez-en une autre.",
    "insufficient_funds": "La provision de votre carte est insuffisante.",
    "expired_card": "Votre carte a expiré.",
    "incorrect_cvc": "Le code de sécurité est incorrect.",
    "processing_error": "Votre carte n’a pas pu être traitée. Essayez de nouveau.",
    "authentication_failed": "Votre banque n’a pas confirmé le paiement. Essayez de nouveau.",
    "onboarding_title": "Recevoir vos gains",
    "onboarding": "Stripe demanderait ici vos nom, date de naissance et compte bancaire.",
    "onboarding_account": "Compte",
    "onboard_complete": "Terminer : tout est vérifié",
    "onboard_review": "Terminer, avec une heure d’examen",
    "onboard_leave": "Quitter pour l’instant",
    "onboard_reject": "Être refusé",
    "receipt_title": "Reçu",
    "receipt_amount": "Montant payé",
    "receipt_refunded": "Remboursé",
    "receipt_card": "Payé avec",
    "date": "Date",
    "invoice": "Facture",
    "invoice_paid": "Payée",
    "invoice_to": "Facturé à",
    "invoice_pdf": "Télécharger en PDF",
    "quantity": "Quantité",
    "description": "Désignation",
    "amount": "Montant",
    "express_title": "Vos gains",
    "available": "Disponible",
    "pending": "En cours",
    "payouts": "Virements",
    "no_payouts": "Aucun virement pour l’instant.",
    "status": "État",
}


def language_of(request: HttpRequest, wanted: object = None) -> str:
    """`fr` or `en`: the object's own locale, else what the browser likes best."""
    if isinstance(wanted, str) and wanted[:2] in ("fr", "en"):
        return wanted[:2]
    ranked = []
    for place, entry in enumerate(request.headers.get("accept-language", "").split(",")):
        tag, _, weight = entry.strip().partition(";q=")
        if tag[:2].lower() in ("fr", "en"):
            ranked.append((-float(weight or 1), place, tag[:2].lower()))
    return min(ranked)[2] if ranked else "en"


def euros(cents: int, language: str) -> str:
    """`€12.50` or `12,50 €`, from integers only."""
    sign, whole, part = "-" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    if language == "fr":
        return f"{sign}{whole:,}".replace(",", "\u202f") + f",{part:02d}\u00a0€"
    return f"{sign}€{whole:,}.{part:02d}"
