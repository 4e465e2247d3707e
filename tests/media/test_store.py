"""Pictures are kept in a folder or in S3 storage: whole or not at all."""

import asyncio
from pathlib import Path

import pytest

from chenu.core.errors import Unavailable
from chenu.media.pictures import PictureHash, PictureSize, Renditions
from chenu.media.places import Bucket, Place
from chenu.media.store import MediaStore
from tests.media.full_disk import no_room
from tests.media.s3_server import S3Server, ending, make_s3
from tests.media.stored import files_in

pytestmark = pytest.mark.long

NAME, OTHER = PictureHash("ab" * 32), PictureHash("cd" * 32)
RENDITIONS = Renditions(2, 1, {size: size.encode() * 5000 for size in PictureSize})


async def found(store: MediaStore, name: PictureHash = NAME) -> list[bytes | None]:
    return [await store.find(name, size) for size in PictureSize]


async def test_a_picture_is_found_in_each_size_and_no_other_is(store: MediaStore) -> None:
    await store.put(NAME, RENDITIONS)

    assert await found(store) == list(RENDITIONS.files.values())
    assert await found(store, OTHER) == [None, None, None]


async def test_a_deleted_picture_is_gone_and_may_be_deleted_again(store: MediaStore) -> None:
    await store.put(NAME, RENDITIONS)
    await store.put(OTHER, RENDITIONS)

    for _ in range(2):
        await store.delete(NAME)

    assert await found(store) == [None, None, None]
    assert None not in await found(store, OTHER)


async def test_a_picture_that_is_read_while_it_is_written_is_whole(store: MediaStore) -> None:
    seen: list[bytes | None] = []

    async def read() -> None:
        for _ in range(30):
            seen.append(await store.find(NAME, PictureSize.LARGE))

    await asyncio.gather(*(store.put(NAME, RENDITIONS) for _ in range(5)), read(), read())

    assert set(seen) <= {None, RENDITIONS.files[PictureSize.LARGE]}


async def test_another_process_finds_it_in_the_same_place(tmp_path: Path) -> None:
    await MediaStore(Place(str(tmp_path / "deep" / "media"))).put(NAME, RENDITIONS)

    assert None not in await found(MediaStore(Place(str(tmp_path / "deep" / "media"))))


async def test_files_say_to_the_storage_what_they_are(s3_server: S3Server) -> None:
    store = MediaStore(s3_server.place())
    await store.put(NAME, RENDITIONS)

    answer = await store._open().get_async(f"ab/{NAME}-small.webp")

    assert answer.attributes["Content-Type"] == "image/webp"


async def test_on_a_full_disk_nothing_is_left_behind_and_later_there_is_room(
    tmp_path: Path,
) -> None:
    store = MediaStore(Place(str(tmp_path / "media")))
    smaller = Renditions(2, 1, {**RENDITIONS.files, PictureSize.SMALL: b"fits"})

    with no_room(1000), pytest.raises(Unavailable, match="cannot be stored"):
        await store.put(NAME, smaller)  # the first file fits, the others do not

    assert files_in(tmp_path / "media") == []
    await store.put(NAME, smaller)
    assert None not in await found(store)


async def test_a_folder_that_cannot_be_made_concerns_pictures_alone(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")
    store = MediaStore(Place(str(tmp_path / "media")))

    with pytest.raises(Unavailable):
        await store.put(NAME, RENDITIONS)
    with pytest.raises(Unavailable):
        await store.find(NAME, PictureSize.LARGE)

    (tmp_path / "media").unlink()
    await store.put(NAME, RENDITIONS)
    assert None not in await found(store)


async def test_storage_that_does_not_answer_is_refused_and_works_again_later(
    tmp_path: Path,
) -> None:
    with ending(make_s3(tmp_path), tmp_path) as server:
        store = MediaStore(server.place())

        with pytest.raises(Unavailable, match="cannot be shown"):
            await store.find(NAME, PictureSize.LARGE)
        with pytest.raises(Unavailable, match="cannot be stored"):
            await store.put(NAME, RENDITIONS)

        server.start()
        await store.put(NAME, RENDITIONS)
        assert None not in await found(store)


async def test_storage_with_another_secret_is_refused(s3_server: S3Server) -> None:
    store = MediaStore(s3_server.place(secret="not the secret"))

    with pytest.raises(Unavailable):
        await store.put(NAME, RENDITIONS)


def test_a_secret_is_in_no_text_of_a_bucket() -> None:
    assert "hidden" not in repr(Bucket("pictures", "", secret_key="hidden"))
