"""PDFs of our own: laid out beside the server, bounded, and never its end."""

import asyncio
import logging
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from chenu.core.errors import Busy, Unavailable
from chenu.flows.services import Services
from storefront import pdf_process
from storefront.pdf_documents import HOW_TO_GET_IT, PdfDocuments
from tests.agents.runs import put_run
from tests.agents.shelf import open_shop, shelve
from tests.people import Person, make_person
from tests.roi.paid import account_of, day, pay_plan
from tests.rows import put
from tests.storefront.browser import Browser

pytestmark = pytest.mark.long

HOSTILE = (
    "<img src=http://127.0.0.1:1/x.png><link rel=attachment href=file:///etc/passwd>"
    "<style>@import url(http://127.0.0.1:1/x.css)</style>"
)
FETCHING = """
<link rel=attachment href='file:///etc/passwd'><img src='http://127.0.0.1:1/a.png'>
<style>@import url(http://127.0.0.1:1/b.css); p { background: url(file:///etc/hostname) }</style>
<p>Report</p>
"""
NOVEMBER = "?period=MONTH&on=2026-11-15"


@cache
def _is_installed() -> bool:
    command = [sys.executable, "-m", pdf_process.__name__]
    return subprocess.run(command, input=b"<p>x", capture_output=True).returncode == 0


@pytest.fixture
def _pango() -> None:
    if not _is_installed():
        pytest.skip(HOW_TO_GET_IT)


needs_pango = pytest.mark.usefixtures("_pango")


def program(text: str, seconds: float = 1) -> PdfDocuments:
    return PdfDocuments((sys.executable, "-c", text), seconds)


@pytest.fixture
async def person(services: Services, browser: Browser) -> Person:
    person = await make_person("zoe")
    await put("app_user", "locale", "en")
    browser.become(person)
    return person


@needs_pango
async def test_a_report_is_a_pdf(browser: Browser, person: Person) -> None:
    agent = await shelve(await open_shop(), "Trieur")
    await put_run(account_of(person), agent, finished_at=day(2026, 11, 5))
    await pay_plan(account_of(person))

    seen = await browser.get(f"/roi/export.pdf{NOVEMBER}")

    assert seen.status == 200
    assert seen.response.headers["content-type"] == "application/pdf"
    assert "chenu-roi-2026-11-01-2026-11-30.pdf" in seen.response.headers["content-disposition"]
    assert seen.response.headers["cache-control"] == "private, no-store"
    assert seen.response.content.startswith(b"%PDF-")
    assert b"%%EOF" in seen.response.content[-1024:]


@needs_pango
async def test_hostile_names_and_many_agents_make_a_small_pdf(
    browser: Browser, person: Person
) -> None:
    shop = await open_shop()
    for number in range(60):
        agent = await shelve(shop, f"{HOSTILE}{number}{'w' * 300}")
        await put_run(account_of(person), agent, finished_at=day(2026, 11, 5))
    await put("account", "name", HOSTILE * 3, "id = $2", account_of(person))

    seen = await browser.get(f"/roi/export.pdf{NOVEMBER}")

    assert seen.status == 200
    assert len(seen.response.content) < 1_000_000
    assert b"/EmbeddedFile" not in seen.response.content
    assert b"/URI" not in seen.response.content


@needs_pango
async def test_a_document_makes_nobody_fetch_anything() -> None:
    pdf = await PdfDocuments().make(FETCHING)

    assert pdf.startswith(b"%PDF-")
    assert b"/EmbeddedFile" not in pdf


async def test_where_pango_is_missing_a_page_says_so_and_one_line_how_to_get_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    documents = program(f"raise SystemExit({pdf_process.NOT_INSTALLED})")

    with caplog.at_level(logging.WARNING), pytest.raises(Unavailable, match="not available here"):
        await documents.make("<p>")


FAILURES = {
    "it ends badly": "raise SystemExit(1)",
    "it is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "it says something else": "print('no pdf')",
    "it never ends": "import time; time.sleep(60)",
}


@pytest.mark.parametrize("text", FAILURES.values(), ids=FAILURES)
async def test_a_failure_is_refused_in_words(text: str) -> None:
    with pytest.raises(Unavailable, match="could not be made"):
        await program(text).make("<p>")


async def test_a_process_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    text = f"import os, time; open({str(tmp_path / 'id')!r}, 'w').write(str(os.getpid()))"

    with pytest.raises(Unavailable):
        await program(f"{text}; time.sleep(60)", 5).make("<p>")

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "id").read_text()), 0)


async def test_too_many_at_once_have_to_come_again() -> None:
    documents = program("import time; time.sleep(0.3); raise SystemExit(1)")

    answers = await asyncio.gather(
        *(documents.make("<p>") for _ in range(12)), return_exceptions=True
    )

    assert sum(isinstance(answer, Busy) for answer in answers) == 4
    assert all(isinstance(answer, Unavailable) for answer in answers)


async def test_the_process_has_no_secret_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    text = f"import os; open({str(tmp_path / 'env')!r}, 'w').write(repr(dict(os.environ)))"

    with pytest.raises(Unavailable):
        await program(text, 10).make("<p>")

    assert "secret" not in (tmp_path / "env").read_text()


async def test_a_page_stays_whole_where_no_pdf_can_be_made(
    browser: Browser, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: PdfDocuments, html: str) -> bytes:
        raise Unavailable("PDFs are not available here. The CSV file has the same numbers")

    monkeypatch.setattr(PdfDocuments, "make", refuse)

    seen = await browser.get("/roi/export.pdf")

    assert seen.status == 503
    assert "PDFs are not available here" in seen.words
    assert (await browser.get("/roi")).status == 200
