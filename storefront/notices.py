"""Messages after a form was sent: a fixed list, so that a URL cannot inject other text."""

from chenu.core.i18n import mark

_NOTICES = {
    "affiliate-joined": mark("Welcome! Your link counts from now on."),
    "profile": mark("Your profile is saved."),
    "address": mark("We wrote to both addresses. The new one counts once you open its link."),
    "address-same": mark("This is your address already."),
    "password": mark("Your password is changed. All other sessions have ended."),
    "session": mark("The session has ended."),
    "sessions": mark("All other sessions have ended."),
    "verify": mark("We sent you the link again. It works for three days."),
    "key-revoked": mark("The key no longer works."),
    "billing": mark("Your billing details are saved. They count for the invoices to come."),
    "roi": mark("Your own numbers are saved: the return is computed by them."),
    "plan-changed": mark("Your plan has changed."),
    "plan-scheduled": mark("Your plan changes at the end of its period."),
    "plan-unpaid": mark("The payment was not confirmed. Your plan stays as it was."),
    "plan-canceled": mark("Your plan is cancelled: it ends with its period."),
    "plan-resumed": mark("Your plan goes on: it is renewed at the end of its period."),
    "plan-not-begun": mark(
        "The payment page could not be opened, and nothing was charged. Please try again here."
    ),
    "welcome-plan": mark(
        "Welcome! We sent you a link: it verifies your address, and leads on to the payment page."
    ),
    "mail-chosen": mark("Your choice is saved."),
    "switched": mark("From here on you act for this account."),
    "account-named": mark("The account has its new name."),
    "limit-set": mark("The limit is set."),
    "limit-removed": mark("The limit is removed."),
    "invited": mark("The invitation is on its way. Its link works for seven days."),
    "invitation-revoked": mark("The invitation is revoked: its link works no more."),
    "role": mark("The role is changed."),
    "member-removed": mark("The member is removed. We told them by mail."),
    "handed-over": mark("The account is handed over. You act for your own account again."),
    "account-joined": mark("You are in: from here on you act for this account."),
    "left": mark("You left the account."),
    "export-asked": mark("We put your data together, and write to you when it is ready."),
    "deleted": mark("Your account and your data are deleted. You are always welcome back."),
    "version-accepted": mark("Accepted: this account's runs use the new version from now on."),
    "put-away": mark("It is put away. It works as before, and you can bring it back."),
    "brought-back": mark("It is back on your shelf."),
    "support-asked": mark("We have your request, and wrote to you by when we answer."),
    "support-answered": mark("Your answer is on its way."),
    "override-set": mark("The override is set: it counts from the next request."),
    "override-removed": mark("The override is removed: the plan counts again."),
    "picture": mark("The picture is saved."),
    "picture-removed": mark("The picture is removed."),
    "reviewed": mark("Your review is published. Thank you."),
    "replied": mark("Your reply is published."),
    "evidence": mark("Your answer is on its way to the bank. We write to you once it has decided."),
    "replay-queued": mark("It is done in a moment: open this page again to see what came of it."),
    "replay-open": mark("Stripe has not answered: it is asked again by itself."),
    "replay-intent": mark("It waits for something else, and goes on by itself."),
    "replay-unknown": mark("Stripe has not answered: it is asked again by itself."),
    "replay-settled": mark("It is settled."),
    "replay-failed": mark("Stripe has refused it: the error says why."),
    "warning": mark("The decision is written down."),
    "refund-waiting": mark("The refund waits for a second person."),
    "refund-approved": mark("Stripe has not answered yet: the refund goes on by itself."),
    "refund-settled": mark("The money is on its way back, and the customer has a mail."),
    "refund-rejected": mark("The refund is rejected: nothing was returned."),
    "refund-failed": mark("Stripe refused the refund: nothing was returned."),
    "sale-refund-waiting": mark("The refund waits for a second person."),
    "sale-refund-approved": mark("Agreed: the money is on its way back to the buyer."),
    "sale-refund-rejected": mark("The refund is rejected: nothing was returned."),
    "sale-refund-requested": mark("Stripe has not answered yet: the refund goes on by itself."),
    "sale-refund-settled": mark("The money is on its way back, and the buyer has a mail."),
    "own-refund-requested": mark(
        "The agent is given back. Stripe has not answered yet: your money is on its way soon."
    ),
    "own-refund-settled": mark("Your money is on its way back. We sent you a mail."),
    "pack-refund-approved": mark(
        "The tokens are given back. Stripe has not answered yet: your money is on its way soon."
    ),
    "pack-refund-settled": mark(
        "The tokens are given back, and your money is on its way. We sent you a mail."
    ),
    "pack-refund-failed": mark(
        "The money could not be returned, and your tokens are back in your wallet. Please write "
        "to us."
    ),
    "withdrawn": mark(
        "We have your withdrawal, and sent you a receipt with its date and time. Our next mail "
        "says what became of it."
    ),
    "withdrawn-own": mark(
        "You have withdrawn: the contract has ended. We sent you a receipt with the date and time."
    ),
    "withdrawal-executed": mark("The withdrawal is carried out: the contract ends at once."),
    "withdrawal-refused": mark("The withdrawal is refused, and the reason is on its way."),
    "reported": mark("We have your report. Thank you."),
    "review-removed": mark("Removed: its author has the reasons, and the stars are gone."),
    "review-restored": mark("The review is back, and its author has a mail."),
    "reports-decided": mark("Decided: whoever left an address has a mail."),
    "featured": mark("It is chosen: the home page shows it from its day on."),
    "unfeatured": mark("It is taken off the home page’s shelf."),
    "coupon-made": mark("The coupon is made: its code can be typed."),
    "coupon-withdrawn": mark("The coupon is withdrawn. Plans that have it keep it."),
    "payouts-run": mark("The run is done: transfers that it began are made in a moment."),
    "cost-recorded": mark("The cost is recorded: CAC counts it from now on."),
    "affiliate-suspended": mark("Suspended: the affiliate was told why."),
    "affiliate-reinstated": mark("Reinstated: the links count again, and the affiliate was told."),
    "referral-held": mark("Held: nothing is paid for this customer until somebody releases it."),
    "referral-released": mark("Released: what was held goes on its way."),
    "referral-attributed": mark("Bound: invoices that are paid from now on count."),
    "offer-asked": mark("We have your message, and answer within two days of work."),
    "inquiry-closed": mark("The inquiry is closed."),
    "contract-entered": mark("The contract is entered."),
    "contract-ended": mark("The contract has ended: the account has what its plan gives."),
    "support-closed": mark("The request is closed."),
    "welcome": mark("Welcome! We sent you a link: open it to verify your address."),
    "verified": mark("Your address is verified."),
    "reset": mark("Your password is changed. Please sign in with it."),
    "factor-off": mark("Your second factor is off."),
    "signed-out": mark("You have signed out."),
    "joined": mark("You are a creator. Next: your legal details, payouts and first agent."),
    "creator": mark("Your public profile is saved."),
    "legal": mark("Your legal details are saved. Your statements bear them from now on."),
    "payouts-ready": mark("Your payouts are ready: you can sell."),
    "affiliate-ready": mark("Your payouts are ready: what is due goes to your account."),
    "payouts-waiting": mark("Stripe still checks your details, or misses some."),
    "draft": mark("Your draft is saved."),
    "change": mark("Your change is saved and waits for a reviewer. The live version stays up."),
    "version": mark("The new version is saved."),
    "price": mark("The price is changed. It counts from now on."),
    "submitted": mark("Your agent waits for a reviewer. We will write to you."),
    "archived": mark("The agent is archived. Its buyers keep it."),
    "approved": mark("Approved: it is in the store."),
    "suspended": mark("It is off sale. Its creator was told why, and how to appeal."),
    "reinstated": mark("It is on sale again, and its creator was told."),
    "appealed": mark("We have your appeal. Somebody else reads it and writes to you."),
    "appeal-decided": mark("The appeal is decided, and the answer is on its way."),
    "rejected": mark("Rejected: the creator was told why."),
}


def find_notice(key: str) -> str | None:
    return _NOTICES.get(key)
