"""Laid-out PDFs by WeasyPrint, which needs the library Pango: without them documents are plain."""

import logging
from collections.abc import Callable
from functools import cache

logger = logging.getLogger(__name__)

HOW_TO_GET_IT = (
    "documents are plain PDFs: for laid-out ones install WeasyPrint (pip install 'chenu[pdf]') and"
    " Pango (apt install libpango-1.0-0 libpangoft2-1.0-0, or brew install pango)"
)

Layout = Callable[[str], bytes]


@cache
def find_layout() -> Layout | None:
    """Makes a PDF of an HTML document; None, said once in one line, where it cannot."""
    try:
        import weasyprint  # type: ignore[import-untyped]
    except (ImportError, OSError):  # the package, or the library that it loads
        logger.warning(HOW_TO_GET_IT)
        return None

    # A document is complete in itself: nothing in it makes anybody fetch anything.
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=())

    def lay_out(html: str) -> bytes:
        return bytes(weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf() or b"")

    return lay_out
