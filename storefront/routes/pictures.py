"""Pictures of agents, from our own origin at addresses whose content never changes."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.core.errors import NotFound
from chenu.core.i18n import mark
from chenu.flows.services import Services
from chenu.media.pictures import MEDIA_PATH, PictureHash, PictureSize, find_hash
from storefront.access import PUBLIC, WITHOUT_METER

_FOR_A_YEAR = "public, max-age=31536000, immutable"
_PICTURE_ALONE = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
"""Opened by itself, it is a document: which may do nothing."""
_NOT_HERE = mark("There is no such picture")


@get(f"{MEDIA_PATH}/{{picture:str}}", opt=PUBLIC | WITHOUT_METER)
async def send_picture(
    services: NamedDependency[Services], picture: FromPath[str]
) -> Response[bytes]:
    """`<hash>-<size>.webp`, as picture_url writes it. Who knows the address may see it."""
    name, size = _read_name(picture)
    content = await services.media.find(name, size)
    if content is None:
        raise NotFound(_NOT_HERE)
    headers = {
        "Cache-Control": _FOR_A_YEAR,
        "ETag": f'"{name}-{size}"',
        "Content-Security-Policy": _PICTURE_ALONE,
    }
    return Response(content, media_type="image/webp", headers=headers)


def _read_name(picture: str) -> tuple[PictureHash, PictureSize]:
    stem, _, ending = picture.rpartition(".")
    text, _, wanted = stem.partition("-")
    name = find_hash(text)
    try:
        size = PictureSize(wanted)
    except ValueError:
        raise NotFound(_NOT_HERE) from None
    if name is None or ending != "webp":
        raise NotFound(_NOT_HERE)
    return name, size
