"""Pictures that tests send: drawn here, so that each says what is in it."""

from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

RED, BLUE = (200, 30, 30), (30, 30, 200)


def draw(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", (width, height), RED)
    ImageDraw.Draw(image).rectangle((0, height // 2, width, height), fill=BLUE)
    return image.convert(mode)


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(width: int = 640, height: int = 480) -> bytes:
    return encode(draw(width, height))


def read(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def is_close(found: Any, wanted: tuple[int, ...], within: int = 12) -> bool:
    """Whether a pixel has this colour but for what compression changes."""
    return all(abs(a - b) <= within for a, b in zip(found, wanted, strict=True))
