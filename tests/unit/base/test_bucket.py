"""What a URL of a bucket may be, and what is said where there is none. What buckets do: tests/conformance."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from onward.base.bucket import _bucket_error, open_bucket, shown
from onward.base.errors import BucketError, MissingLibraryError
from tests.s3 import Server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bucket",
        "s3://",
        "ftp://host/x",
        "http://host/x",
        "file://folder/x",
        "file:folder/x",
        "file:///x?y=1",
        "s3://b/p#x",
    ],
)
def test_what_is_no_address_is_refused_with_the_form_that_is_one(url: str) -> None:
    with pytest.raises(BucketError) as raised:
        open_bucket(url)
    assert "is no address of a bucket" in raised.value.message
    assert raised.value.hint is not None
    assert "s3://bucket/prefix" in raised.value.hint


def test_a_shared_folder_is_made_but_not_the_one_above_it(tmp_path: Path) -> None:
    open_bucket((tmp_path / "team store").as_uri()).replace("a", b"1")
    assert (tmp_path / "team store" / "a").read_bytes() == b"1"
    # A share that is not mounted must not become a folder of this machine.
    with pytest.raises(BucketError, match="there is none to hold it") as raised:
        open_bucket((tmp_path / "not mounted" / "store").as_uri())
    assert raised.value.hint == f"mount the drive that it lies on, or make the folder `{tmp_path / 'not mounted'}`"
    assert not (tmp_path / "not mounted").exists()


def test_what_lies_in_the_place_of_a_shared_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below" / "it"):
        with pytest.raises(BucketError, match=f"`{tmp_path / 'file'}` is none") as raised:
            open_bucket(folder.as_uri())
        assert raised.value.hint == "move it away, or name another folder"


def test_a_file_that_cannot_be_written_is_no_failure_of_the_bucket(tmp_path: Path) -> None:
    bucket = open_bucket((tmp_path / "store").as_uri())
    bucket.replace("a", b"1")
    with pytest.raises(FileNotFoundError):
        bucket.fetch("a", tmp_path / "no folder" / "file")


def rights(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def test_what_is_made_in_a_shared_folder_is_for_all_who_share_it(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    bucket = open_bucket(folder.as_uri())
    (tmp_path / "sent").write_bytes(b"sent")
    before = os.umask(0o077)
    try:
        for mode, of_files in ((0o2770, "660"), (0o755, "644"), (0o700, "600")):
            folder.chmod(mode)
            assert bucket.create(f"v1/{mode}/created", b"1")
            bucket.replace(f"v1/{mode}/deep/replaced", b"2")
            bucket.send(tmp_path / "sent", f"v1/{mode}/deep/sent")
            assert {rights(folder / "v1" / str(mode) / at) for at in ("", "deep")} == {f"{mode:o}"}
            files = [path for path in (folder / "v1" / str(mode)).rglob("*") if path.is_file()]
            assert [rights(file) for file in files] == [of_files] * 3
    finally:
        os.umask(before)


def test_what_a_killed_upload_has_left_is_listed_so_that_it_can_be_removed(tmp_path: Path) -> None:
    bucket = open_bucket((tmp_path / "store").as_uri())
    bucket.replace("objects/aa/whole", b"1")
    (tmp_path / "store" / "objects" / "aa" / "half#1").write_bytes(b"12")
    assert bucket.names("objects") == ["objects/aa/whole"]
    assert sorted((entry.path, entry.size) for entry in bucket.listing("objects")) == [
        ("objects/aa/half#1", 2),
        ("objects/aa/whole", 1),
    ]
    bucket.remove("objects/aa/half#1")
    assert [entry.path for entry in bucket.listing()] == ["objects/aa/whole"]


def test_a_folder_that_refuses_is_told_of_with_what_lacks() -> None:
    error = OSError("Generic LocalFileSystem error: Unable to open file /s/v1/head: Permission denied (os error 13)")
    assert _bucket_error(error, "file:///s", "cannot read").hint == (
        "give whoever runs this the right to it, with the rights of the folder"
    )


def test_many_may_make_a_shared_folder_at_once(tmp_path: Path) -> None:
    """Ten machines of one pipeline begin together, with a folder that nobody has made."""
    failed: list[Exception] = []

    def make(folder: Path, start: threading.Barrier) -> None:
        start.wait()
        try:
            open_bucket(folder.as_uri())
        except BucketError as error:
            failed.append(error)

    for number in range(50):
        start = threading.Barrier(8)
        arguments = (tmp_path / f"store {number}", start)
        threads = [threading.Thread(target=make, args=arguments) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []


def test_the_scheme_of_an_address_may_be_written_large(tmp_path: Path) -> None:
    open_bucket((tmp_path / "store").as_uri().replace("file:", "FILE:")).replace("a", b"1")
    assert (tmp_path / "store" / "a").read_bytes() == b"1"


def test_a_bucket_that_is_not_there_is_an_error_and_no_empty_bucket(s3: Server) -> None:
    bucket = open_bucket("s3://nobody-made-this/prefix")
    with pytest.raises(BucketError, match=r"cannot list `s3://nobody-made-this/prefix`"):
        bucket.names()


def test_a_server_that_does_not_answer_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    bucket = open_bucket("s3://bucket/prefix")
    with pytest.raises(BucketError) as raised:
        bucket.create("a", b"")
    assert raised.value.message.startswith("cannot write `a` in `s3://bucket/prefix`: ")
    assert "\n" not in raised.value.message
    assert "a-secret" not in raised.value.message


def test_no_password_is_ever_shown() -> None:
    assert shown("s3://key:password@bucket/prefix/?signature=x") == "s3://bucket/prefix"


def test_without_the_library_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['obstore'] = None\nfrom onward.base.bucket import open_bucket\nopen_bucket('s3://b')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert MissingLibraryError.__name__ in ran.stderr
    assert "reaching `s3://b` needs the library obstore" in ran.stderr
