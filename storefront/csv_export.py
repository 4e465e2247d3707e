"""Tables as CSV (RFC 4180) that spreadsheets read as data only.

A text that begins like a formula gets an apostrophe in front, as OWASP advises: what people wrote
into a name must not run where somebody else opens the file. Texts are quoted, numbers are not: they
have the decimal sign of the language.
"""

import csv
import io
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from decimal import Decimal

from litestar.response import Stream

from chenu.core.i18n import Locale

BYTE_ORDER_MARK = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""
_FORMULA = re.compile(r"[\s\x00-\x1f]*[=+\-@＝＋－＠]")

_SEPARATORS: dict[Locale, str] = {"fr": ";", "en": ","}
"""What spreadsheets of the language split at: a text with another's separator stays one cell."""

Cell = str | int | Decimal | None


class _WithComma(Decimal):
    """As French spreadsheets read it; the writer takes it for a number, and does not quote it."""

    def __str__(self) -> str:
        return super().__str__().replace(".", ",")


def in_euros(amount: int) -> Decimal:
    """Cents as euros, exactly."""
    return Decimal(amount).scaleb(-2)


def write_rows(rows: Iterable[Sequence[Cell]], locale: Locale) -> str:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=_SEPARATORS[locale], quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([_guard(cell, locale) for cell in row] for row in rows)
    return written.getvalue()


def _guard(cell: Cell, locale: Locale) -> str | int | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return _WithComma(cell) if locale == "fr" else cell
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def send_csv(
    file_name: str,
    head: Sequence[str],
    batches: AsyncIterable[Iterable[Sequence[Cell]]],
    locale: Locale,
) -> Stream:
    """A download that is written while it is read; `file_name` is one of ours, in ASCII."""

    async def write() -> AsyncIterator[str]:
        yield BYTE_ORDER_MARK + write_rows([head], locale)
        async for rows in batches:
            yield write_rows(rows, locale)

    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Vary": "Cookie, Accept-Language",
    }
    return Stream(write(), media_type="text/csv", headers=headers, status_code=200)
