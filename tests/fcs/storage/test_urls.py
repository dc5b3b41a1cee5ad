"""URLs: what of them may be shown."""

from __future__ import annotations

import pytest

from cytogate.fcs.storage.urls import is_url, local_path, protocol, shown, without_secrets


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://host/a.fcs", "http://host/a.fcs"),
        ("http://host:8080/a@b.fcs", "http://host:8080/a@b.fcs"),
        ("http://ann:secret@host/a.fcs", "http://***@host/a.fcs"),
        ("http://ann:s@cret@host/a.fcs", "http://***@host/a.fcs"),
        ("http://ann:s/cret@host/a.fcs", "http://***@host/a.fcs"),
        ("ftp://token@host/a.fcs", "ftp://***@host/a.fcs"),
        ("https://b.s3.aws/a.fcs?X-Amz-Signature=abc&x=1", "https://b.s3.aws/a.fcs?..."),
        ("https://host/a.fcs#key", "https://host/a.fcs?..."),
        ("simplecache::https://u:p@host/a?b", "simplecache::https://***@host/a?..."),
        ("zip://a.fcs::https://u:p@host/a.zip?b=c", "zip://a.fcs::https://***@host/a.zip?..."),
        ("s3://bucket/folder/a.fcs", "s3://bucket/folder/a.fcs"),
    ],
)
def test_a_url_is_shown_without_secrets(url, expected):
    assert shown(url) == expected


def test_secrets_are_taken_out_of_messages():
    url = "https://ann:p%2Fw123@host/a.fcs?sig=abcdef"
    said = f"403, url='{url}' for p/w123 (sig=abcdef), see https://x:y@other/b?c=d"
    clean = without_secrets(said, url)
    assert clean == "403, url='https://***@host/a.fcs?...' for *** (***), see https://***@other/b?..."


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.fcs", False),
        ("C:/a.fcs", False),
        ("C://a.fcs", False),
        ("s3://b/a", True),
        ("a::b", False),
        ("zip://a::b.zip", True),
        ("folder/x://y", False),
        ("", False),
    ],
)
def test_urls_are_told_from_paths(name, expected):
    assert is_url(name) is expected


def test_protocols_and_local_paths():
    assert protocol("S3://b/a") == "s3"
    assert protocol("simplecache::http://h/a") == "simplecache"
    assert local_path("file:///a/b.fcs") == "/a/b.fcs"
    assert local_path("FILE://localhost/a%20b.fcs") == "/a b.fcs"
    assert local_path("file:///C:/a.fcs") == "C:/a.fcs"
    assert local_path("http://host/a") is None
    assert local_path(f"file:///{'%20' * 5000}") is not None
