"""Our own documents as PDFs, laid out by WeasyPrint in a process beside this one."""

import asyncio
import os
import sys
from collections.abc import Mapping

import structlog

from chenu.core.errors import Busy, Unavailable
from chenu.core.i18n import mark
from storefront import pdf_process

log = structlog.get_logger(__name__)

HOW_TO_GET_IT = (
    "no PDFs of reports: install WeasyPrint (pip install 'chenu[pdf]') and Pango"
    " (apt install libpango-1.0-0 libpangoft2-1.0-0, or brew install pango)"
)
_MOST_SECONDS = 25
_MOST_AT_ONCE = 2
_MOST_WAITING = 8
_COMMAND = (sys.executable, "-I", "-m", pdf_process.__name__)
_PASSED_ON = ("PATH", "HOME", "LANG", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What finds libraries and fonts; no secret of ours."""

_NOT_HERE = mark("PDFs are not available here. The CSV file has the same numbers")
_FAILED = mark("The PDF could not be made. The CSV file has the same numbers")
_TOO_MANY = mark("Many PDFs are being made at the moment. Please try again in a minute")


class PdfDocuments:
    """Makes a few PDFs at a time, so that many requests do not take all processors."""

    def __init__(self, command: tuple[str, ...] = _COMMAND, seconds: float = _MOST_SECONDS) -> None:
        self._command = command
        self._seconds = seconds
        self._places = asyncio.Semaphore(_MOST_AT_ONCE)
        self._waiting = 0

    async def make(self, html: str) -> bytes:
        """Raises Busy, or Unavailable where it cannot be made."""
        if self._waiting >= _MOST_WAITING:
            raise Busy(_TOO_MANY)
        self._waiting += 1
        try:
            async with self._places:
                return await self._run(html)
        finally:
            self._waiting -= 1

    async def _run(self, html: str) -> bytes:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment()
        )
        try:
            async with asyncio.timeout(self._seconds):
                pdf, words = await process.communicate(html.encode())
        except TimeoutError:
            log.warning("pdf_took_too_long", seconds=self._seconds)
            raise Unavailable(_FAILED) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _read_answer(process.returncode, pdf, words)


def _environment() -> Mapping[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def _read_answer(status: int | None, pdf: bytes, words: bytes) -> bytes:
    if status == pdf_process.NOT_INSTALLED:
        log.warning(HOW_TO_GET_IT)
        raise Unavailable(_NOT_HERE)
    if status != 0 or not pdf.startswith(b"%PDF-"):
        log.error("pdf_failed", status=status, words=words[-500:].decode(errors="replace"))
        raise Unavailable(_FAILED)
    return pdf
