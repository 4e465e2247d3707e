"""The QR code of an affiliate's link, drawn here: as SVG for print, as PNG for everything else."""

import asyncio
import io
from typing import Literal

import segno
from litestar import Response, get
from litestar.di import NamedDependency

from chenu.affiliates.affiliates import get_own_affiliate
from chenu.flows.affiliates.links import build_link
from storefront.access import SIGNED_IN, WITHOUT_METER
from storefront.forms import HttpRequest, read_query
from storefront.pages import Pages

_SCALE = 10
_PICTURE_ALONE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""Opened by itself, it is a document: which may do nothing."""


@get("/affiliate/link.svg", opt=SIGNED_IN | WITHOUT_METER)
async def send_svg_code(request: HttpRequest, pages: NamedDependency[Pages]) -> Response[bytes]:
    """Raises Invalid for an address that is not ours."""
    return await _send(request, pages, "svg", "image/svg+xml")


@get("/affiliate/link.png", opt=SIGNED_IN | WITHOUT_METER)
async def send_png_code(request: HttpRequest, pages: NamedDependency[Pages]) -> Response[bytes]:
    return await _send(request, pages, "png", "image/png")


async def _send(
    request: HttpRequest, pages: Pages, kind: Literal["svg", "png"], media_type: str
) -> Response[bytes]:
    affiliate = await get_own_affiliate(pages.request_context.actor)
    typed = read_query(request).text("address")
    link = build_link(pages.settings.public_url, typed, affiliate.code)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="chenu-{affiliate.code}.{kind}"',
        "Content-Security-Policy": _PICTURE_ALONE,
    }
    content = await asyncio.to_thread(draw_code, link, kind)
    return Response(content, media_type=media_type, headers=headers)


def draw_code(link: str, kind: Literal["svg", "png"]) -> bytes:
    """Black on white in both colour schemes, with the border that cameras need."""
    drawn = io.BytesIO()
    code = segno.make(link, error="m", micro=False)
    code.save(drawn, kind=kind, scale=_SCALE, border=4, light="#fff")
    return drawn.getvalue()
