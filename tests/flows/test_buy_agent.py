from chenu.agents.model import PurchaseStatus
from chenu.agents.payments import list_payments
from chenu.flows.buy_agent import BuyWish, buy_agent
from chenu.flows.invariants import check_books
from chenu.flows.operation_runner import run_operation
from chenu.flows.purchase_state import PurchaseState, report_purchase
from chenu.flows.services import Services
from chenu.ledger.operations import list_open
from tests.people import make_creator, make_person, make_published_agent, pay


async def test_a_paid_purchase_gives_access_and_shares_out_every_cent(services: Services) -> None:
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator, price=999)
    buyer = await make_person("buyer")

    wish = BuyWish(agent.id, 999, True, "fr")
    purchase = await buy_agent(services, buyer.actor, wish, "key-1")
    assert purchase.checkout_url is not None
    answer = await pay(purchase.checkout_url)
    assert answer.status_code == 303
    report = await report_purchase(services, purchase.account_id, purchase.id)

    assert report.state is PurchaseState.PAID
    assert report.purchase.status is PurchaseStatus.PAID
    for operation_id in await list_open():
        await run_operation(services, operation_id)
    [payment] = await list_payments([purchase.id])
    assert (payment.gross, payment.creator_share, payment.platform_share) == (999, 700, 299)
    assert payment.stripe_transfer_id is not None
    assert [f for f in await check_books() if not f.ok] == []
