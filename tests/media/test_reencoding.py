"""Uploaded pictures are made anew: three sizes, upright, in the web's colours, without metadata."""

import asyncio
import sys

import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import GPS, Base
from PIL.PngImagePlugin import PngInfo

from chenu.core.errors import Busy, Unavailable
from chenu.media.pictures import PictureRefused, PictureSize, PictureUse, Renditions
from chenu.media.reencoding import Reencoder
from tests.media.drawn import BLUE, RED, draw, encode, is_close, png, read

pytestmark = pytest.mark.long

SECRET = "taken at home by Zoe"


async def reencode(raw: bytes, use: PictureUse = PictureUse.SCREENSHOT) -> Renditions:
    return await Reencoder().reencode(raw, use, path=("picture",))


def sizes(renditions: Renditions) -> list[tuple[int, int]]:
    return [read(renditions.files[size]).size for size in PictureSize]


def program(text: str, seconds: float = 20) -> Reencoder:
    return Reencoder((sys.executable, "-c", text), seconds)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_screenshot_becomes_three_files_of_webp(kind: str) -> None:
    made = await reencode(encode(draw(2000, 1200), kind))

    assert sizes(made) == [(480, 288), (960, 576), (1600, 960)]
    assert (made.width, made.height) == (1600, 960)
    assert {read(content).format for content in made.files.values()} == {"WEBP"}
    assert is_close(read(made.files[PictureSize.LARGE]).getpixel((800, 100)), RED)


async def test_a_small_screenshot_is_never_enlarged() -> None:
    made = await reencode(png(640, 480))

    assert sizes(made) == [(480, 360), (640, 480), (640, 480)]


async def test_an_icon_is_cut_to_a_square() -> None:
    made = await reencode(png(900, 600), PictureUse.ICON)

    assert sizes(made) == [(64, 64), (128, 128), (256, 256)]


async def test_a_transparent_picture_stays_transparent() -> None:
    image = draw(512, 512, "RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 256, 512))

    made = await reencode(encode(image), PictureUse.ICON)

    assert read(made.files[PictureSize.SMALL]).getchannel("A").getpixel((8, 8)) == 0


MODES = {
    "grey": ("L", "PNG"),
    "grey and transparent": ("LA", "PNG"),
    "palette": ("P", "PNG"),
    "one bit": ("1", "PNG"),
    "sixteen bits": ("I;16", "PNG"),
    "print colours": ("CMYK", "JPEG"),
    "grey photo": ("L", "JPEG"),
}


@pytest.mark.parametrize(("mode", "kind"), MODES.values(), ids=MODES)
async def test_every_kind_of_colours_is_taken(mode: str, kind: str) -> None:
    image = Image.new(mode, (400, 400)) if mode == "I;16" else draw(400, 400, mode)

    made = await reencode(encode(image, kind))

    assert sizes(made) == [(400, 400)] * 3


async def test_a_telephones_photo_with_a_second_picture_is_its_first() -> None:
    raw = encode(draw(), "MPO", save_all=True, append_images=[draw(320, 240)])

    made = await reencode(raw)

    assert (made.width, made.height) == (640, 480)


async def test_a_photo_is_turned_as_its_camera_was_held() -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6  # its first row is the right side

    made = await reencode(encode(draw(), "JPEG", exif=exif))

    assert (made.width, made.height) == (480, 640)
    large = read(made.files[PictureSize.LARGE])
    assert is_close(large.getpixel((470, 320)), RED)
    assert is_close(large.getpixel((10, 320)), BLUE)


def _with_metadata(kind: str) -> bytes:
    exif = Image.Exif()
    exif[Base.Artist] = exif[Base.ImageDescription] = SECRET
    exif.get_ifd(Base.GPSInfo)[GPS.GPSLatitude] = (48.0, 51.0, 30.0)
    if kind == "PNG":
        chunks = PngInfo()
        chunks.add_itxt("Comment", SECRET)
        return encode(draw(), kind, exif=exif, pnginfo=chunks)
    comment = {"comment": SECRET.encode()} if kind == "JPEG" else {}
    return encode(draw(), kind, exif=exif, xmp=SECRET.encode(), **comment)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_place_comment_and_all_other_metadata_are_gone(kind: str) -> None:
    raw = _with_metadata(kind)
    before = read(raw).getexif()

    made = await reencode(raw)

    assert before.get_ifd(Base.GPSInfo)
    assert SECRET.encode() in raw
    for content in made.files.values():
        assert SECRET.encode() not in content
        assert not any(chunk in content for chunk in (b"EXIF", b"XMP ", b"ICCP"))
        assert not read(content).getexif()


async def test_colours_of_a_profile_become_those_of_the_web() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))

    plain = await reencode(encode(draw(), "PNG"))
    named = await reencode(encode(draw(), "PNG", icc_profile=profile.tobytes()))
    broken = await reencode(encode(draw(), "PNG", icc_profile=b"no profile"))

    assert named.files == plain.files == broken.files  # neither is one of red, green and blue


REFUSED = {
    "nothing": (b"", "Please choose a file"),
    "too many bytes": (png() + bytes(5_000_000), "may have 5 MB"),
    "a text": (b"hello", "PNG/JPEG/WebP"),
    "a GIF": (encode(draw(), "GIF"), "PNG/JPEG/WebP"),
    "a TIFF": (encode(draw(), "TIFF"), "PNG/JPEG/WebP"),
    "an icon file": (encode(draw(256, 256), "ICO"), "PNG/JPEG/WebP"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG/JPEG/WebP"),
    "half a PNG": (png()[:-200], "damaged or cut short"),
    "half a JPEG": (encode(draw(), "JPEG")[:3000], "damaged or cut short"),
    "half a WebP": (encode(Image.effect_noise((400, 400), 90), "WEBP")[:3000], "damaged or cut"),
    "too small": (png(400, 200), "at least 320 pixels"),
    "too narrow": (png(2000, 400), "3 times the shorter"),
}


@pytest.mark.parametrize(("raw", "words"), REFUSED.values(), ids=REFUSED)
async def test_what_is_no_fit_picture_is_refused_in_words(raw: bytes, words: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        await reencode(raw)

    assert words in str(refused.value)
    assert refused.value.path == ("picture",)


FRAMES = {"PNG": {"save_all": True}, "WEBP": {"save_all": True}}


@pytest.mark.parametrize("kind", FRAMES)
async def test_a_moving_picture_is_refused(kind: str) -> None:
    second = draw().rotate(90)

    with pytest.raises(PictureRefused, match="moves"):
        await reencode(encode(draw(), kind, append_images=[second], **FRAMES[kind]))


FAILURES = {
    "it ends badly": "raise SystemExit(1)",
    "it says nothing": "pass",
    "it says something else": "print('no picture of ours, and long enough to be one')",
}


@pytest.mark.parametrize("text", FAILURES.values(), ids=FAILURES)
async def test_a_mistake_of_ours_is_no_fault_of_the_picture(text: str) -> None:
    with pytest.raises(Unavailable, match="could not be read"):
        await program(text).reencode(b"x", PictureUse.ICON)


TOO_HARD = {
    "it is killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 20),
    "it never ends": ("import time; time.sleep(60)", 0.5),
}


@pytest.mark.parametrize(("text", "seconds"), TOO_HARD.values(), ids=TOO_HARD)
async def test_a_picture_that_takes_too_much_is_refused(text: str, seconds: float) -> None:
    with pytest.raises(PictureRefused, match="too long to read"):
        await program(text, seconds).reencode(b"x", PictureUse.ICON)


async def test_too_many_at_once_have_to_come_again() -> None:
    reencoder = program("import time; time.sleep(0.3); raise SystemExit(21)")

    answers = await asyncio.gather(
        *(reencoder.reencode(b"x", PictureUse.ICON) for _ in range(12)), return_exceptions=True
    )

    assert sum(isinstance(answer, Busy) for answer in answers) == 4
