"""Objects are listed to the end, page by page."""

from typing import Any

from chalicelib.adapters.s3 import S3Objects
from tests.unit.adapters.fakes import Scripted


def test_every_page_of_a_folder_is_read() -> None:
    pages = [
        {"IsTruncated": True, "Contents": [{"Key": "acme/a"}, {"Key": "acme/b"}]},
        {"IsTruncated": True, "Contents": [{"Key": "acme/c"}]},
        {"IsTruncated": False},
    ]
    client: Any = Scripted(*pages)
    assert list(S3Objects(client, "bucket").keys("acme/")) == ["acme/a", "acme/b", "acme/c"]
    asked = [(request["Prefix"], request["StartAfter"]) for _, request in client.calls]
    assert asked == [("acme/", ""), ("acme/", "acme/b"), ("acme/", "acme/c")]
