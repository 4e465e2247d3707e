from typing import Any

from tests.sandbox.playground import Playground


async def _invoice(play: Playground) -> Any:
    customer = await play.customer()
    session = await play.session(
        2500,
        customer=customer.id,
        invoice_creation={
            "enabled": True,
            "invoice_data": {"description": "Merci", "metadata": {"sale": "9"}},
        },
    )
    await play.pay(session)
    paid = await play.stripe.v1.checkout.sessions.retrieve_async(session.id)
    return await play.stripe.v1.invoices.retrieve_async(
        str(paid.invoice), {"expand": ["payments", "customer", "confirmation_secret"]}
    )


async def test_checkout_makes_a_paid_invoice_with_a_number(play: Playground) -> None:
    invoice = await _invoice(play)

    assert invoice.confirmation_secret is None
    assert (invoice.status, invoice.total, invoice.amount_paid) == ("paid", 2500, 2500)
    assert invoice.number == f"{invoice.customer.invoice_prefix}-0001"
    assert invoice.customer.next_invoice_sequence == 2
    assert invoice.to_dict()["metadata"] == {"sale": "9"}
    assert [line.amount for line in invoice.lines.data] == [2500]
    assert invoice.lines.data[0].pricing.price_details.price.startswith("price_")
    assert invoice.status_transitions.paid_at


async def test_the_payment_of_an_invoice_is_found_both_ways(play: Playground) -> None:
    invoice = await _invoice(play)
    payments = play.stripe.v1.invoice_payments

    payment = invoice.payments.data[0]
    of_invoice = await payments.list_async({"invoice": invoice.id, "status": "paid"})
    of_intent = await payments.list_async(
        {"payment": {"type": "payment_intent", "payment_intent": payment.payment.payment_intent}}
    )

    assert [one.id for one in of_invoice.data] == [payment.id]
    assert [one.id for one in of_intent.data] == [payment.id]
    assert (await payments.retrieve_async(payment.id)).amount_paid == 2500


async def test_invoices_and_their_lines_are_listed(play: Playground) -> None:
    invoice = await _invoice(play)

    found = await play.stripe.v1.invoices.list_async(
        {"customer": invoice.customer.id, "status": "paid"}
    )
    lines = await play.stripe.v1.invoices.line_items.list_async(invoice.id)

    assert [one.id for one in found.data] == [invoice.id]
    assert [line.description for line in lines.data] == ["Agent"]


async def test_the_hosted_invoice_is_a_page_and_a_pdf(play: Playground) -> None:
    invoice = await _invoice(play)

    page = await play.http.get(invoice.hosted_invoice_url, headers={"accept-language": "fr"})
    pdf = await play.http.get(invoice.invoice_pdf)
    unknown = await play.http.get(invoice.hosted_invoice_url + "x")

    assert f"Facture {invoice.number}" in page.text
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-1.4")
    assert invoice.number.encode() in pdf.content
    assert unknown.status_code == 404


async def test_the_pdf_points_to_its_own_objects(play: Playground) -> None:
    pdf = (await play.http.get((await _invoice(play)).invoice_pdf)).content

    start = int(pdf.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    rows = pdf[start:].split(b"\n")[3:]
    offsets = [int(row.split()[0]) for row in rows if row.endswith(b"n ")]
    assert pdf[start : start + 4] == b"xref"
    for number, offset in enumerate(offsets, 1):
        assert pdf[offset:].startswith(b"%d 0 obj" % number)
