"""A9: files that are sent as pictures and are something else, or far too much of it."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache

from PIL import Image
from PIL.ExifTags import Base

from tests.media.drawn import draw, encode, png

SCRIPT = b"<script>alert(1)</script>"
PHP = b"<?php system($_GET['c']); ?>"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _GREY = 2, 0

Draw = Callable[[], bytes]
"""Drawn by the test that sends it: all of them take ten seconds."""


def chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def _head(width: int, height: int, colours: int = _RGB) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))


@cache
def _zeros(megabytes: int) -> bytes:
    """Compressed about a thousand times."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(1_000_000)) for _ in range(megabytes)]
    return b"".join([*parts, packer.flush()])


def _forged(width: int, height: int, content: bytes, colours: int = _RGB) -> bytes:
    return b"".join(
        (
            _SIGNATURE,
            _head(width, height, colours),
            chunk(b"IDAT", content),
            chunk(b"IEND", b""),
        )
    )


def _with_chunks(*chunks: bytes) -> bytes:
    """A whole picture with these behind its head."""
    plain = png()
    return plain[:33] + b"".join(chunks) + plain[33:]


def _jpeg_with(*segments: tuple[int, bytes]) -> bytes:
    plain = encode(draw(), "JPEG")
    added = (struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body for kind, body in segments)
    return plain[:2] + b"".join(added) + plain[2:]


def _jpeg_of(width: int, height: int) -> bytes:
    """A small picture that says it is of this size."""
    plain = encode(draw(), "JPEG")
    at = plain.index(b"\xff\xc0")
    return plain[: at + 5] + struct.pack(">HH", height, width) + plain[at + 9 :]


def _zip_of_zeros() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("picture.png", bytes(50_000_000))
    return file.getvalue()


def _zip_with_script() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("index.html", SCRIPT)
    return file.getvalue()


def _turned_into_itself() -> bytes:
    """EXIF whose list of tags continues at its own beginning."""
    exif = b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"
    return _jpeg_with((0xE1, b"Exif\x00\x00" + exif + b"\x08\x00\x00\x00"))


def _orientation(value: int) -> bytes:
    exif = Image.Exif()
    exif[Base.Orientation] = value
    return encode(draw(), "JPEG", exif=exif)


_ENTITIES = b"".join(
    b'<!ENTITY %c "%s">' % (97 + n, b"&%c;" % (96 + n) * 10 if n else b"lol") for n in range(10)
)

REFUSED: Mapping[str, Draw] = {
    "a head of 60,000 by 60,000": lambda: _forged(60_000, 60_000, _zeros(1)),
    "a head of the most there is": lambda: _forged(2**31 - 1, 2**31 - 1, b""),
    "a head of nothing": lambda: _forged(0, 0, _zeros(1)),
    "400 megapixels that are there": lambda: _forged(20_000, 20_000, _zeros(400), _GREY),
    "a JPEG of 65,500 by 65,500": lambda: _jpeg_of(65_500, 65_500),
    "pixels of which few are there": lambda: _forged(4_000, 4_000, zlib.compress(bytes(1000))),
    "a text that grows to 300 MB": lambda: _with_chunks(chunk(b"zTXt", b"c\x00\x00" + _zeros(300))),
    "a worded text that grows": lambda: _with_chunks(
        chunk(b"iTXt", b"c\x00\x01\x00\x00\x00" + _zeros(300))
    ),
    "a profile that grows": lambda: _with_chunks(chunk(b"iCCP", b"p\x00\x00" + _zeros(300))),
    "a chunk that is longer than the file": lambda: (
        png()[:33] + struct.pack(">I", 2**31 - 1) + b"IDAT"
    ),
    "no chunk of pixels": lambda: _SIGNATURE + _head(640, 480) + chunk(b"IEND", b""),
    "gzip that grows": lambda: gzip.compress(bytes(50_000_000)),
    "a zip that grows": lambda: _zip_of_zeros(),
    "XML whose entities grow": lambda: b"<!DOCTYPE x [%s]><x>&j;</x>" % _ENTITIES,
    "a drawing with a script": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'>%s</svg>" % SCRIPT,
    "a page": lambda: b"<!doctype html>" + SCRIPT,
    "a page that begins as a GIF": lambda: b"GIF89a=0;" + SCRIPT,
    "a page that begins as a PNG": lambda: _SIGNATURE + SCRIPT,
    "a page that begins as a WebP": lambda: b"RIFF\xff\xff\x00\x00WEBP" + SCRIPT,
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file\n",
    "a PDF": lambda: b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj",
    "a program": lambda: b"\x7fELF" + bytes(2000),
    "a picture of another's program": lambda: b"push graphic-context\nfill 'url(https://x/)'\n",
    "a thousand frames": lambda: encode(
        draw(320, 320), "WEBP", save_all=True, append_images=[draw(320, 320, "L")] * 100
    ),
}

CLEANED: Mapping[str, Draw] = {
    "a page behind the picture": lambda: png() + SCRIPT,
    "an archive behind the picture": lambda: png() + _zip_with_script(),
    "a program in a comment": lambda: _jpeg_with((0xFE, PHP)),
    "a page in a comment": lambda: _jpeg_with((0xFE, SCRIPT)),
    "a page in a text": lambda: _with_chunks(chunk(b"tEXt", b"Comment\x00" + SCRIPT)),
    "a page in a chunk of its own": lambda: _with_chunks(chunk(b"scRp", SCRIPT)),
    "a page in the EXIF": lambda: _jpeg_with((0xE1, b"Exif\x00\x00" + SCRIPT)),
    "a page as colours": lambda: _jpeg_with((0xE2, b"ICC_PROFILE\x00\x01\x01" + SCRIPT)),
    "100,000 segments": lambda: _jpeg_with(*[(0xEF, b"x")] * 100_000),
    "100,000 chunks": lambda: _with_chunks(*[chunk(b"xxXx", b"x")] * 100_000),
    "a JPEG of 4,000 by 4,000 of which little is there": lambda: _jpeg_of(4_000, 4_000),
    "EXIF without end": lambda: _turned_into_itself(),
    "held in no way there is": lambda: _orientation(99),
}
