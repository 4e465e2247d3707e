"""Where pictures are kept is read from the environment, once."""

from pathlib import Path

import pytest

from chenu.media.places import Bucket
from chenu.settings import read_settings
from tests.test_settings import TEST, refusal


def test_pictures_are_stored_in_a_folder_or_a_bucket() -> None:
    keys = {
        "AWS_ENDPOINT_URL": "http://storage:8333/",
        "AWS_REGION": "eu-west-3",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "hunter2",
    }

    plain = read_settings({**TEST, **keys}).media
    folder = read_settings({**TEST, "CHENU_MEDIA_STORE": "/srv/pictures"}).media
    bucket = read_settings({**TEST, **keys, "CHENU_MEDIA_STORE": "s3://shop/a/b/"}).media
    own_role = read_settings({**TEST, "CHENU_MEDIA_STORE": "s3://shop"}).media

    assert (plain.folder, plain.bucket) == (str(Path("media").absolute()), None)
    assert folder.folder == "/srv/pictures"
    wanted = Bucket("shop", "a/b", "http://storage:8333", "eu-west-3", "key", "hunter2")
    assert (bucket.folder, bucket.bucket) == (None, wanted)
    assert own_role.bucket == Bucket("shop", "")
    assert "hunter2" not in repr(bucket)


@pytest.mark.parametrize(
    "place", ["gs://shop", "s3://", "s3://key:hunter2@shop", "s3:///shop", "s3://shop?x=1", " "]
)
def test_another_place_for_pictures_is_refused(place: str) -> None:
    line = refusal({**TEST, "CHENU_MEDIA_STORE": place})

    assert line == "CHENU_MEDIA_STORE: a folder, or s3://bucket/prefix"
