"""Makes one picture anew from its standard input: `python -m chenu.media.picture_process USE`.

A process of its own, which has neither settings nor connections, writes no file and is killed when
it takes too long: decoders read what strangers made.
"""

import sys
from io import BytesIO

from PIL import (
    Image,
    ImageCms,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from chenu.core.process_limits import limit_process
from chenu.media.pictures import WIDTHS, PictureSize, PictureUse
from chenu.media.process_answers import (
    FEWEST_PIXELS,
    MOST_PIXELS,
    MOST_RATIO,
    Refusal,
    write_answer,
)

MOST_SECONDS = 8
MOST_MEMORY = 512_000_000

_READERS = (
    PngImagePlugin.PngImageFile,
    JpegImagePlugin.JpegImageFile,
    WebPImagePlugin.WebPImageFile,
)
"""Named here, so that Pillow loads no others."""
_FORMATS = tuple(reader.format for reader in _READERS)
_OF_A_TELEPHONE = "MPO"
"""What Pillow calls a JPEG with a second picture behind it, which is not for eyes."""
_QUALITY = {PictureUse.ICON: 92, PictureUse.SCREENSHOT: 84, PictureUse.LOGO: 92}
_SMOOTH = Image.Resampling.LANCZOS


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def main(use: str) -> int:
    limit_process(cpu_seconds=MOST_SECONDS, memory=MOST_MEMORY, writes_files=False)
    try:
        answer = _make_anew(sys.stdin.buffer.read(), PictureUse(use))
    except _Refused as refused:
        return refused.refusal
    except MemoryError:
        return Refusal.TOO_MANY_PIXELS
    sys.stdout.buffer.write(answer)
    return 0


def _make_anew(raw: bytes, use: PictureUse) -> bytes:
    image = _open(raw)
    _check_head(image, use)
    _decode(image)
    profile = image.info.get("icc_profile")
    large = _without_metadata(_in_srgb(_scale(_in_full_colours(image), use), profile))
    files = [_encode(_scale(large, use, size), use) for size in PictureSize]
    return write_answer(large.width, large.height, files)


def _open(raw: bytes) -> ImageFile.ImageFile:
    """By its content, whatever its name says. Its head is read, and no pixel yet."""
    Image.MAX_IMAGE_PIXELS = None  # counted by _check_head
    try:
        return Image.open(BytesIO(raw), formats=_FORMATS)
    except UnidentifiedImageError:
        raise _Refused(Refusal.UNKNOWN) from None
    except MemoryError:
        raise
    except Exception:  # whatever a decoder stumbles over
        raise _Refused(Refusal.BROKEN) from None


def _check_head(image: ImageFile.ImageFile, use: PictureUse) -> None:
    """What it says of itself, before a pixel of it is made."""
    shorter, longer = sorted(image.size)
    if shorter * longer > MOST_PIXELS:
        raise _Refused(Refusal.TOO_MANY_PIXELS)
    if shorter < FEWEST_PIXELS[use]:
        raise _Refused(Refusal.TOO_SMALL)
    if longer > MOST_RATIO[use] * shorter:
        raise _Refused(Refusal.TOO_LONG)
    if image.format != _OF_A_TELEPHONE and getattr(image, "n_frames", 1) > 1:
        raise _Refused(Refusal.ANIMATED)


def _decode(image: ImageFile.ImageFile) -> None:
    """Turned as its EXIF says."""
    try:
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
    except MemoryError:
        raise
    except Exception:  # cut short, or whatever a decoder stumbles over
        raise _Refused(Refusal.BROKEN) from None


def _in_full_colours(image: Image.Image) -> Image.Image:
    """Eight bits a channel, with or without transparency; print colours wait for their profile."""
    if image.mode.startswith("I"):  # a grey PNG of 16 bits
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode == "CMYK":
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _scale(
    image: Image.Image, use: PictureUse, size: PictureSize = PictureSize.LARGE
) -> Image.Image:
    """Icons are cut to a square; a screenshot or logo is never enlarged."""
    width = WIDTHS[use][size]
    if use is PictureUse.ICON:
        return ImageOps.fit(image, (width, width), _SMOOTH)
    if image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), _SMOOTH)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours that its profile means; a profile that cannot be read changes none."""
    wanted = "RGB" if image.mode == "CMYK" else image.mode
    if profile:
        try:
            own, srgb = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, own, srgb, outputMode=wanted)
            return converted or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert(wanted)


def _without_metadata(image: Image.Image) -> Image.Image:
    """Its pixels alone, in an image that never had more."""
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare


def _encode(image: Image.Image, use: PictureUse) -> bytes:
    file = BytesIO()
    image.save(file, "WEBP", quality=_QUALITY[use], method=4)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
