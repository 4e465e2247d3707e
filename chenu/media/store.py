"""Where pictures are kept: a folder, or storage that speaks S3, by one setting."""

from chenu.media.pictures import PictureHash, PictureSize, Renditions


class MediaStore:
    """Files are written once and never changed. Each method raises Unavailable."""

    async def put(self, name: PictureHash, renditions: Renditions) -> None:
        raise NotImplementedError

    async def find(self, name: PictureHash, size: PictureSize) -> bytes | None:
        raise NotImplementedError

    async def delete(self, name: PictureHash) -> None:
        """Again changes nothing."""
        raise NotImplementedError
