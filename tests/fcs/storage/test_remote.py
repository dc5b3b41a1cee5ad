"""Files behind URLs: ranges, changes, faults, secrets."""

from __future__ import annotations

import gzip
import hashlib
import multiprocessing
import pickle
import socket
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from uuid import uuid4

import fsspec
import numpy as np
import pytest
from fcs.build import ROWS, build, keywords, plain
from fcs.storage.server import serving

import cytogate as cg
from cytogate.errors import FcsError
from cytogate.fcs.limits import Limits
from cytogate.fcs.read import read_fcs
from cytogate.fcs.storage import open_storage, remote
from cytogate.fcs.storage.memory import MemoryFile
from cytogate.fcs.storage.remote import BLOCK_BYTES, HEAD_BYTES
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

VALUES = np.array(ROWS, np.float32)


@pytest.fixture
def memory():
    """A folder of the memory file system of this process, and its URL."""
    name = f"/{uuid4().hex}"
    fs = fsspec.filesystem("memory")
    fs.mkdir(name)
    yield lambda content, file="a.fcs": fs.pipe(f"{name}/{file}", content) or f"memory:/{name}/{file}"
    fs.rm(name, recursive=True)


@pytest.fixture
def server():
    pytest.importorskip("aiohttp", reason="http:// needs aiohttp: the extra 'http'")
    with serving() as running:
        running.files["/a.fcs"] = plain()
        yield running


def big(n_events=400_000):
    """A file of some blocks, and its values."""
    values = np.arange(n_events * 4, dtype=np.float32).reshape(n_events, 4)
    return build(keywords(4, n_events), values.astype("<f4").tobytes()), values


def refused(url, **options):
    """The error of a URL that is not read: one FcsError that shows no cause."""
    with pytest.raises(FcsError) as caught:
        read_fcs(url, **options)
    error = caught.value
    assert pickle.loads(pickle.dumps(error)).code == error.code
    assert f"[{error.code}]" in str(error)
    return error


# --- what is read


def test_a_file_of_the_memory_file_system_is_read_as_from_disk(memory):
    f = read_fcs(memory(plain()))
    np.testing.assert_array_equal(f.raw(), VALUES)
    np.testing.assert_array_equal(f.events(), VALUES)
    assert f.sha256() == hashlib.sha256(plain()).hexdigest()
    assert f.path.startswith("memory://")


def test_opening_costs_two_requests_and_fetches_the_head_only(server):
    content, values = big()
    server.files["/a.fcs"] = content
    f = read_fcs(server.url())
    assert [(how, wanted) for how, _, wanted in server.requests] == [
        ("HEAD", None),
        ("GET", f"bytes=0-{HEAD_BYTES - 1}"),
    ]
    server.requests.clear()
    np.testing.assert_array_equal(f.events(), values)
    fetched = [wanted for how, _, wanted in server.requests if how == "GET"]
    assert len(fetched) == -(-len(content) // BLOCK_BYTES)  # each block once
    server.requests.clear()
    assert f.sha256() == hashlib.sha256(content).hexdigest()


def test_what_was_fetched_is_not_fetched_again_for_the_next_pass(server):
    content, values = big()
    server.files["/a.fcs"] = content
    f = read_fcs(server.url())
    f.events()
    server.requests.clear()
    np.testing.assert_array_equal(f.events(), values)
    assert {how for how, *_ in server.requests} == {"HEAD"}  # is it the same file?


def test_blocks_of_all_files_together_are_few(server, monkeypatch):
    kept = remote._Blocks(2)
    monkeypatch.setattr(remote, "_BLOCKS", kept)
    content, values = big()
    for name in ("/a.fcs", "/b.fcs"):
        server.files[name] = content
        f = read_fcs(server.url(name))
        np.testing.assert_array_equal(f.events(), values)
        assert len(kept._blocks) == 2
    assert {owner for owner, _ in kept._blocks} == {f._storage.owner}


def test_a_large_stretch_is_fetched_at_once(server):
    content, values = big()
    server.files["/a.fcs"] = content
    f = read_fcs(server.url())
    server.requests.clear()
    buffer = np.empty(values.nbytes, np.uint8)
    with f.reader() as reader:
        reader.read_into(0, len(values), buffer)
    np.testing.assert_array_equal(buffer.view("<f4").reshape(values.shape), values)
    assert [how for how, *_ in server.requests] == ["HEAD", "GET", "HEAD"]


@pytest.mark.parametrize("place", ["memory", "http"])
def test_threads_share_one_handle(memory, server, place):
    content, values = big()
    server.files["/a.fcs"] = content
    f = read_fcs(memory(content) if place == "memory" else server.url())
    starts = list(range(0, len(values), 5000))

    with f.reader() as reader, ThreadPoolExecutor(8) as pool:

        def block(start):
            buffer = np.empty(5000 * 16, np.uint8)
            reader.read_into(start, 5000, buffer)
            return buffer.view("<f4").reshape(5000, 4)

        blocks = list(pool.map(block, starts[::-1]))
    np.testing.assert_array_equal(np.concatenate(blocks[::-1]), values)


def test_a_storage_crosses_to_another_process(server):
    content, values = big()
    server.files["/a.fcs"] = content
    f = read_fcs(server.url())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        there = pool.submit(f.raw).result()
        opened = pool.submit(read_fcs, server.url()).result()
    np.testing.assert_array_equal(there, values)
    np.testing.assert_array_equal(opened.raw(), values)
    assert opened.sha256() == f.sha256()


def test_a_remote_file_is_gated_in_another_process_as_here(server):
    content, values = big()
    server.files["/a.fcs"] = content
    gate = RectangleGate((Dimension("FSC-A"),), (-np.inf,), (800_000,))
    strategy = GatingStrategy.build([GateNode("half", gate)])
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = pool.submit(half, server.url(), strategy)
        assert half(server.url(), strategy) == there.result() == (values[:, 0] < 800_000).sum()


def half(url, strategy):
    """Count in one process what a gate holds."""
    return cg.gate(read_fcs(url), strategy, threads=4).count("half")


@pytest.mark.parametrize("place", ["memory", "http", "http without ranges", "file"])
def test_gzip_behind_a_url_is_unpacked(memory, server, tmp_path, place):
    content, values = big(50_000)
    packed = gzip.compress(content, 1)
    (tmp_path / "a.fcs.gz").write_bytes(packed)
    server.files["/a.fcs"] = packed
    server.ranges = place == "http"
    urls = {"memory": memory(packed), "file": f"file://{tmp_path}/a.fcs.gz"}
    f = read_fcs(urls.get(place, server.url()))
    np.testing.assert_array_equal(f.raw(), values)
    assert f.sha256() == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize(("says_size", "knows_head"), [(True, True), (True, False), (False, True)])
def test_a_server_without_ranges_gives_the_whole_file_once(server, says_size, knows_head):
    content, values = big()
    server.files["/a.fcs"] = content
    server.ranges, server.says_size, server.knows_head = False, says_size, knows_head
    f = read_fcs(server.url())
    n_requests = len(server.requests)
    np.testing.assert_array_equal(f.raw(), values)
    assert f.sha256() == hashlib.sha256(content).hexdigest()
    assert len(server.requests) == n_requests
    error = refused(server.url(), limits=Limits(max_unpacked_bytes=10**6))
    assert error.code == "file-too-large"
    assert "limits.max_unpacked_bytes" in error.expected


def test_a_server_without_head_requests_gives_ranges(server):
    server.knows_head = False
    np.testing.assert_array_equal(read_fcs(server.url()).raw(), VALUES)


def test_names_with_blanks_and_percent_signs_are_found(server, memory):
    server.files["/a%20b%20%C3%A9.fcs"] = plain()
    for path in ("/a b é.fcs", "/a%20b%20%C3%A9.fcs"):
        assert read_fcs(server.url(path)).n_events == 4
    assert read_fcs(memory(plain(), "a b é.fcs")).n_events == 4


def test_an_empty_file_is_called_empty(server, memory):
    server.files["/a.fcs"] = b""
    assert refused(server.url()).code == "file-empty"
    assert refused(memory(b"")).code == "file-empty"


def test_a_chain_of_file_systems_is_read(server, memory):
    f = read_fcs(f"simplecache::{server.url()}")
    np.testing.assert_array_equal(f.raw(), VALUES)
    assert f.path == f"simplecache::{server.url()}"


# --- file://


def test_file_urls_are_local_files(tmp_path):
    path = tmp_path / "a b.fcs"
    path.write_bytes(plain())
    for url in (f"file://{path}", f"file://localhost{path}", f"local://{path}", path.as_uri()):
        f = read_fcs(url)
        assert f.path == str(path)
        np.testing.assert_array_equal(f.raw(), VALUES)
    literal = tmp_path / "a%20b.fcs"
    literal.write_bytes(plain(ROWS[:2]))
    assert read_fcs(f"file://{literal}").n_events == 2
    assert refused(f"file://{tmp_path}/no.fcs").code == "file-missing"


# --- changes


@pytest.mark.parametrize("use", ["raw", "events", "sha256"])
@pytest.mark.parametrize("change", ["shrink", "grow", "rewrite", "vanish"])
@pytest.mark.parametrize("place", ["memory", "http"])
def test_a_file_that_changes_between_opening_and_reading_is_refused(memory, server, place, change, use):
    content = plain()
    server.etags["/a.fcs"] = '"1"'
    url = memory(content) if place == "memory" else server.url()
    f = read_fcs(url)
    new = {"shrink": content[:-12], "grow": content + b"x", "rewrite": content, "vanish": None}[change]
    if place == "http":
        server.etags["/a.fcs"] = '"2"'
        server.files["/a.fcs"] = new
    elif new is None:
        fsspec.filesystem("memory").rm(url)
    else:
        time.sleep(0.002)
        memory(new)
    with pytest.raises(FcsError) as caught:
        getattr(f, use)()
    assert caught.value.code == ("file-missing" if change == "vanish" else "changed-while-reading")


def test_a_file_that_changes_while_it_is_read_is_refused_in_every_thread(server):
    content, _ = big()
    server.files["/a.fcs"] = content
    server.etags["/a.fcs"] = '"1"'
    f = read_fcs(server.url())

    def shrink(_path):
        server.files["/a.fcs"] = content[: len(content) // 2]
        server.etags["/a.fcs"] = '"2"'

    codes = []

    def read_all():
        with f.reader() as reader, ThreadPoolExecutor(4) as pool:
            server.on_get = shrink

            def block(start):
                try:
                    reader.read_into(start, 10_000, np.empty(160_000, np.uint8))
                except FcsError as error:
                    codes.append(error.code)

            list(pool.map(block, range(0, 400_000, 10_000)))

    with pytest.raises(FcsError, match="changed-while-reading"):
        read_all()
    assert set(codes) <= {"changed-while-reading"}


def test_a_file_that_is_rewritten_between_two_blocks_is_refused_at_the_end(server):
    content, _ = big()
    server.files["/a.fcs"] = content
    server.etags["/a.fcs"] = '"1"'
    f = read_fcs(server.url())
    answers = iter(range(100))

    def rewrite(_path):
        if next(answers) == 1:
            server.files["/a.fcs"] = content[:-16] + bytes(16)
            server.etags["/a.fcs"] = '"2"'

    server.on_get = rewrite
    with pytest.raises(FcsError, match=r'etag "2".*etag "1".*changed-while-reading'):
        f.events()


def test_a_server_that_forgets_ranges_is_refused(server):
    content, _ = big()
    server.files["/a.fcs"] = content
    f = read_fcs(server.url())
    server.ranges = False
    with pytest.raises(FcsError, match=r"for the range from 0 to .*network-failed"):
        f.events()


# --- faults


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "file-forbidden"), (403, "file-forbidden"), (404, "file-missing"), (500, "file-unreadable")],
)
def test_answers_of_a_server_are_named(server, status, code):
    server.status = status
    error = refused(server.url())
    assert error.code == code
    assert code == "file-missing" or str(status) in error.found


def test_a_server_that_is_not_there_is_a_network_failure():
    pytest.importorskip("aiohttp")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = refused(f"http://127.0.0.1:{port}/a.fcs")
    assert error.code == "network-failed"
    assert "network" in error.fix


def test_a_server_that_does_not_answer_is_a_timeout(server):
    server.wait = 3
    started = time.monotonic()
    error = refused(server.url(), limits=Limits(max_request_seconds=0.2))
    assert time.monotonic() - started < 2
    assert error.code == "network-timeout"
    assert "limits.max_request_seconds" in error.expected


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_breaks_is_a_network_failure(server, ranges):
    server.cut, server.ranges = True, ranges
    assert refused(server.url()).code == "network-failed"


def test_a_login_page_is_named(server):
    server.files["/a.fcs"] = b"<!DOCTYPE html><html>log in</html>".ljust(99)
    error = refused(server.url())
    assert (error.code, error.found) == ("not-fcs", "an HTML page")
    assert "log in" in error.fix


def test_unknown_protocols_and_folders_are_named(memory):
    error = refused("nope://host/a.fcs")
    assert error.code == "protocol-unknown"
    assert "'nope'" in error.found
    assert refused("nope::memory://a.fcs").code == "protocol-unknown"
    folder = memory(plain()).rpartition("/")[0]
    error = refused(folder)
    assert (error.code, error.found) == ("file-not-regular", "a folder")
    assert refused(f"{folder}/no.fcs").code == "file-missing"


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [("http://host/a.fcs", "aiohttp", "http"), ("s3://bucket/a.fcs", "s3fs", "s3")],
)
def test_a_missing_package_names_the_extra(monkeypatch, url, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    error = refused(url)
    assert error.code == "package-missing"
    assert f"pip install 'cytogate[{extra}]'" in error.fix


def test_faults_of_any_file_system_are_one_error(memory, monkeypatch):
    url = memory(plain())

    def fail(*_arguments, **_options):
        raise KeyError("odd")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.info", fail)
    error = refused(url)
    assert (error.code, error.found) == ("file-unreadable", "KeyError: 'odd'")


def test_a_file_of_unknown_size_is_fetched_whole(memory, monkeypatch):
    url = memory(plain())
    monkeypatch.setattr(
        "fsspec.implementations.memory.MemoryFileSystem.info", lambda *_a, **_k: {"type": "file"}
    )
    assert isinstance(open_storage(url), MemoryFile)
    np.testing.assert_array_equal(read_fcs(url).raw(), VALUES)


# --- secrets


def test_secrets_of_a_url_are_never_shown(server):
    url = server.url(
        "/a.fcs?X-Amz-Signature=0123456789abcdef&token=s%2Fecret#frag", user="annabel:pass%20word@"
    )
    f = read_fcs(url)
    assert f.path == server.url("/a.fcs?...", user="***@")
    said = [repr(f), repr(f._storage), *map(str, f.warnings)]
    for status in (401, 403, 404, 500):
        server.status = status
        error = refused(url)
        said += [str(error), repr(error), "".join(traceback.format_exception(error))]
    for text in said:
        for secret in ("0123456789abcdef", "s%2Fecret", "s/ecret", "pass%20word", "pass word", "annabel"):
            assert secret not in text, text


# --- S3


@pytest.fixture
def bucket(server, monkeypatch):
    """A bucket of the server, which answers as S3 does to who asks for objects only."""
    pytest.importorskip("s3fs", reason="s3:// needs s3fs: the extra 's3'")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url("").rstrip("/"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-s3")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    fsspec.filesystem("s3").clear_instance_cache()
    yield server
    fsspec.filesystem("s3").clear_instance_cache()


def test_s3_is_read_in_ranges_and_a_change_is_seen(bucket):
    content, values = big(100_000)
    bucket.files["/trial/a.fcs"], bucket.etags["/trial/a.fcs"] = content, '"1"'
    f = read_fcs("s3://trial/a.fcs")
    assert [wanted for *_, wanted in bucket.requests] == [None, f"bytes=0-{HEAD_BYTES - 1}"]
    np.testing.assert_array_equal(f.raw(), values)
    bucket.etags["/trial/a.fcs"] = '"2"'
    with pytest.raises(FcsError, match="changed-while-reading"):
        f.raw()


@pytest.mark.parametrize(("status", "code"), [(403, "file-forbidden"), (404, "file-missing")])
def test_s3_that_refuses_is_named(bucket, status, code):
    bucket.status = status
    error = refused("s3://trial/a.fcs")
    assert error.code == code
    assert "secret-of-s3" not in str(error)


def test_bytes_behind_the_end_are_refused_and_few_blocks_are_kept(server, monkeypatch):
    content, _ = big()
    server.files["/a.fcs"] = content
    monkeypatch.setattr(remote, "_BLOCKS", remote._Blocks(1))
    with open_storage(server.url(), Limits()).open() as handle:
        for begin in (BLOCK_BYTES + 7, HEAD_BYTES + 7, BLOCK_BYTES + 9):
            some = np.empty(5, np.uint8)
            handle.read_into(begin, some)
            assert some.tobytes() == content[begin : begin + 5]
        with pytest.raises(FcsError, match="changed-while-reading"):
            handle.read_into(len(content) - 1, np.empty(2, np.uint8))
