"""Makes an uploaded picture anew, in a process of its own that has little time and memory."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from chenu.core.bounded_process import Answer, BoundedProcess, TookTooLong, command_of
from chenu.core.errors import Unavailable
from chenu.core.i18n import mark
from chenu.media.pictures import FORMATS, MOST_BYTES, PictureRefused, PictureUse, Renditions
from chenu.media.process_answers import (
    FEWEST_PIXELS,
    MOST_PIXELS,
    MOST_RATIO,
    Refusal,
    read_answer,
)

log = structlog.get_logger(__name__)

_COMMAND = command_of("chenu.media.picture_process")
_MOST_SECONDS = 12
_MOST_AT_ONCE = 2
_MOST_WAITING = 8

_NO_FILE = mark("Please choose a file")
_TOO_LARGE = mark("This file is too large: a picture may have {megabytes} MB")
_TOO_HARD = mark("This picture takes too long to read. Please save it again, simpler or smaller")
_TOO_MANY = mark("Many pictures are being read at the moment. Please try again in a minute")
_FAILED = mark("The picture could not be read. Please try again later")
_WHY: Mapping[int, str] = {
    Refusal.UNKNOWN: mark("This is no picture that is taken here. Please send {formats}"),
    Refusal.BROKEN: mark(
        "This picture is damaged or cut short. Please save it again and send that file"
    ),
    Refusal.ANIMATED: mark("This picture moves. Please send one that stands still"),
    Refusal.TOO_MANY_PIXELS: mark(
        "This picture is too large: it may have {megapixels} million pixels"
    ),
    Refusal.TOO_SMALL: mark("This picture is too small: each side needs at least {side} pixels"),
    Refusal.TOO_LONG: mark(
        "This picture is too narrow: its longer side may be {ratio} times the shorter one"
    ),
}


class Reencoder:
    """Makes a few pictures at a time."""

    def __init__(self, command: tuple[str, ...] = _COMMAND, seconds: float = _MOST_SECONDS) -> None:
        self._process = BoundedProcess(
            command, seconds, at_once=_MOST_AT_ONCE, waiting=_MOST_WAITING, busy=_TOO_MANY
        )

    async def reencode(
        self, raw: bytes, use: PictureUse, *, path: Iterable[str] = ()
    ) -> Renditions:
        """Raises PictureRefused with `path`, Busy, or Unavailable."""

        def refused(message: str, **params: Any) -> PictureRefused:
            return PictureRefused(message, path=path, **params)

        if not raw:
            raise refused(_NO_FILE)
        if len(raw) > MOST_BYTES:
            raise refused(_TOO_LARGE, megabytes=MOST_BYTES // 1_000_000)
        try:
            answer = await self._process.run(raw, use)
        except TookTooLong:
            raise refused(_TOO_HARD) from None
        if answer.status < 0:  # its processor time was over, or the system's memory
            raise refused(_TOO_HARD)
        why = _WHY.get(answer.status)
        if why is not None:
            raise refused(why, **_limits(use))
        return _read(answer)


def _limits(use: PictureUse) -> dict[str, Any]:
    return {
        "formats": "/".join(FORMATS),
        "megapixels": MOST_PIXELS // 1_000_000,
        "side": FEWEST_PIXELS[use],
        "ratio": MOST_RATIO[use],
    }


def _read(answer: Answer) -> Renditions:
    try:
        if answer.status == 0:
            return read_answer(answer.output)
    except ValueError:
        pass
    log.error("picture_failed", status=answer.status, words=answer.last_words)
    raise Unavailable(_FAILED)
