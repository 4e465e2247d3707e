"""Pictures that nobody shows any more leave the store, whatever they were of."""

from collections.abc import Awaitable, Callable, Sequence

from chenu.core.errors import Unavailable
from chenu.media.pictures import PictureHash
from chenu.media.store import MediaStore


async def remove_from_store(
    store: MediaStore,
    list_removed: Callable[[PictureHash | None], Awaitable[Sequence[PictureHash]]],
    delete_row: Callable[[PictureHash], Awaitable[None]],
) -> None:
    """Files go before their row: a run that breaks off leaves something to begin with for the next.

    `list_removed` takes the last name of the batch before. One that cannot be deleted is in no
    other's way. Raises Unavailable at the end where there was one.
    """
    last: PictureHash | None = None
    failure: Unavailable | None = None
    while names := await list_removed(last):
        for name in names:
            try:
                await store.delete(name)
                await delete_row(name)
            except Unavailable as error:
                failure = error
        last = names[-1]
    if failure is not None:
        raise failure
