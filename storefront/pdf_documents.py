"""Our own documents as PDFs, laid out by WeasyPrint in a process beside this one."""

import structlog

from chenu.core.bounded_process import Answer, BoundedProcess, TookTooLong, command_of
from chenu.core.errors import Unavailable
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
_COMMAND = command_of(pdf_process.__name__)

_NOT_HERE = mark("PDFs are not available here. The CSV file has the same numbers")
_FAILED = mark("The PDF could not be made. The CSV file has the same numbers")
_TOO_MANY = mark("Many PDFs are being made at the moment. Please try again in a minute")


class NotInstalled(Unavailable):
    """Another try is no use."""


class PdfDocuments:
    def __init__(self, command: tuple[str, ...] = _COMMAND, seconds: float = _MOST_SECONDS) -> None:
        self._seconds = seconds
        self._process = BoundedProcess(
            command, seconds, at_once=_MOST_AT_ONCE, waiting=_MOST_WAITING, busy=_TOO_MANY
        )

    async def make(self, html: str) -> bytes:
        """Raises Busy, or Unavailable where it cannot be made."""
        try:
            return _read_answer(await self._process.run(html.encode()))
        except TookTooLong:
            log.warning("pdf_took_too_long", seconds=self._seconds)
            raise Unavailable(_FAILED) from None


def _read_answer(answer: Answer) -> bytes:
    if answer.status == pdf_process.NOT_INSTALLED:
        log.warning(HOW_TO_GET_IT)
        raise NotInstalled(_NOT_HERE)
    if answer.status != 0 or not answer.output.startswith(b"%PDF-"):
        log.error("pdf_failed", status=answer.status, words=answer.last_words)
        raise Unavailable(_FAILED)
    return answer.output
