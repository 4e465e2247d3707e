"""Documents of the sandbox: laid out by WeasyPrint where it is there, plain where it is not."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chenu.sandbox.pages.invoices import Document, print_document
from chenu.sandbox.pages.layout import HOW_TO_GET_IT, find_layout

INVOICE = Document(
    title="Facture ABC-0001",
    language="fr",
    created=1_800_000_000,
    payer="Benali <b>SARL</b>",
    rows=(("1 × CHE·NU Pro", 2900), ("Remise", -290)),
    total=2610,
    tax=435,
    footer="Payée",
)


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    find_layout.cache_clear()
    yield
    find_layout.cache_clear()


def _take_away(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """As on a machine without the package, or without the library that it loads."""

    class Missing:
        def find_spec(self, name: str, *_: Any) -> None:
            if name == "weasyprint":
                raise error

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])


async def test_a_document_is_laid_out_where_weasyprint_is_there() -> None:
    if find_layout() is None:
        pytest.skip(HOW_TO_GET_IT)

    pdf = await print_document(INVOICE, is_laid_out=True)

    assert pdf.startswith(b"%PDF-")
    assert b"%%EOF" in pdf[-1024:]
    assert not pdf.startswith(b"%PDF-1.4"), "the plain one"


@pytest.mark.parametrize(
    "error",
    [ModuleNotFoundError("no weasyprint"), OSError("cannot load library 'libpango-1.0-0'")],
    ids=["no package", "no Pango"],
)
async def test_without_it_the_document_is_plain_and_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    _take_away(monkeypatch, error)

    with caplog.at_level(logging.WARNING):
        pdfs = [await print_document(INVOICE, is_laid_out=True) for _ in range(2)]

    assert all(pdf.startswith(b"%PDF-1.4") for pdf in pdfs)
    assert b"Facture ABC-0001" in pdfs[0]
    assert caplog.messages == [HOW_TO_GET_IT]
    assert "\n" not in HOW_TO_GET_IT


async def test_a_document_fetches_nothing(caplog: pytest.LogCaptureFixture) -> None:
    layout = find_layout()
    if layout is None:
        pytest.skip(HOW_TO_GET_IT)

    pdf = layout('<img src="http://169.254.169.254/x"><link rel=stylesheet href="file:///etc/x">')

    assert pdf.startswith(b"%PDF-")
    assert sum("disallowed protocol" in message for message in caplog.messages) == 2
