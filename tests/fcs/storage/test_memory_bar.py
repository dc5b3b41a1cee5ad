"""Memory and time: no number that a file declares makes the reader slow or large."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from fcs.build import build, keywords, plain, unsigned

import cytogate
from cytogate.fcs.limits import LIMITS

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="Linux alone caps and tells the memory of a process"
)
MB = 2**20
ALLOWED = 64 * MB  # beyond 3 times the data
MAX_SECONDS = 2.0
TEXT = LIMITS.max_text_bytes - 100

# One process is warm; each file is read in a child of it that may have little more memory than it has.
CHILD = """
import json, os, sys, time
import cytogate as cg
from cytogate.errors import FcsError
from cytogate.platform import cap_address_space

def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))

def read(path, lenient):
    try:
        f = cg.read_fcs(path, lenient=lenient)
        shape = f.events().shape
        f.raw()
        len(f.warnings)
        return "read", list(shape)
    except FcsError as error:
        return error.code, str(error)

def measured(path, lenient, cap, out):
    before = memory("VmRSS")
    assert cap_address_space(cap)
    started = time.perf_counter()
    code, said = read(path, lenient)
    seconds = time.perf_counter() - started
    os.write(out, json.dumps([code, said, seconds, memory("VmHWM") - before]).encode())

for path in sys.argv[2:4]:
    read(path, False)  # kernels are compiled, libraries loaded
for path, lenient, cap in json.load(open(sys.argv[1])):
    get, put = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            measured(path, lenient, cap, put)
            code = 0
        finally:
            os._exit(code)
    os.close(put)
    with open(get) as answer:
        text = answer.read()
    status = os.waitpid(child, 0)[1]
    print(text if status == 0 and text else json.dumps(["crash", status, 0, 0]), flush=True)
"""


def declared(**more):
    """A small file that declares something else than it has."""
    return plain(more={key.replace("_", "$"): value for key, value in more.items()})


def far_data(n_events):
    """As a file of so many events has it: DATA end where TEXT says, far behind the end of the file."""
    end = lambda b, _e: (b, b + 12 * n_events - 1)  # noqa: E731
    return plain(more={"$TOT": str(n_events)}, header_data=lambda _b, _e: (0, 0), text_data=end)


def bomb(content, n_bytes):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(content)]
    parts += [packer.compress(bytes(MB)) for _ in range(n_bytes // MB)]
    return b"".join(parts) + packer.flush()


def sparse(content, size):
    """Write `content` to a file that ends with a hole."""

    def write(path):
        path.write_bytes(content)
        os.truncate(path, size)

    return write


def filled(content, pattern, size):
    return content + pattern * ((size - len(content)) // len(pattern) + 1)


def text_of(n_bytes):
    """HEADER that says so, and NULs."""
    return b"FCS3.1    " + b"%8d%8d%8d%8d%8d%8d" % (58, 58 + n_bytes - 1, 0, 0, 0, 0)


def many_keywords(count, value="v"):
    return plain(more={f"K{n}": value for n in range(count)})


def chain(n_sets):
    """Data sets that overlap: each TEXT is the whole rest of the file."""
    step = 58
    size = n_sets * step + 200_000
    sets = [b"FCS3.1    " + b"%8d%8d" % (58, size - 1 - k * step) + b" " * 32 for k in range(n_sets)]
    return filled(b"".join(sets), b"/$NEXTDATA/58", size)


def no_data_sets(count):
    one = plain(more={"$NEXTDATA": "0000000000"})
    one = plain(more={"$NEXTDATA": f"{len(one):010d}"})
    return one * count


HOSTILE = {
    "10^9 events": declared(_TOT="1000000000"),
    "10^12 events": declared(_TOT="1000000000000"),
    "10^18 events": declared(_TOT="1000000000000000000"),
    "10^9 events whose DATA end there": far_data(10**9),
    "10^12 events whose DATA end there": far_data(10**12),
    "10^9 channels": declared(_PAR="1000000000"),
    "10^5 channels": declared(_PAR="100000"),
    "4096 channels": declared(_PAR="4096"),
    "a channel of 10^9 bits": declared(_P2B="1000000000"),
    "integers of 10^9 bits": build(
        keywords(2, 3, datatype="I", bits=[16, 10**9], ranges=1024), unsigned([[1, 2]] * 3, (2, 2))
    ),
    "a range of 10^400": build(
        keywords(1, 3, datatype="I", bits=16, ranges="9" * 400), unsigned([[1]] * 3, (2,))
    ).replace(b"$P1B/16", b"$P1B/61"),
    "TEXT of 99,999,999 bytes": sparse(text_of(99_999_941), 10**8 + 100),
    "TEXT of 99,999,999 bytes in a small file": text_of(99_999_941),
    "TEXT of NULs as large as may be": sparse(text_of(LIMITS.max_text_bytes - 100), LIMITS.max_text_bytes),
    "TEXT of delimiters as large as may be": text_of(LIMITS.max_text_bytes - 100).ljust(
        LIMITS.max_text_bytes, b"/"
    ),
    "TEXT of slashes and dollars": filled(text_of(TEXT), b"/$", 2 * TEXT),
    "TEXT of doubled delimiters": filled(text_of(TEXT), b"/a//b", 2 * TEXT),
    "TEXT of escaped delimiters": filled(text_of(TEXT), b"/a" + b"//b" * 5000, 2 * TEXT),
    "TEXT of one value": text_of(TEXT) + b"/$PAR/" + bytes(2 * TEXT),
    "TEXT of long values": many_keywords(1000, "v/" * 7000),
    "100,000 keywords": many_keywords(100_000),
    "data sets over each other": chain(4000),
    "10^12 bytes of a hole": sparse(declared(_TOT="1000000000000"), 10**12),
    "supplemental TEXT of a hole": sparse(
        declared(_BEGINSTEXT="5000", _ENDSTEXT=str(10**9), _TOT="99"), 10**9 + 9
    ),
    "a name of 10^7 characters": declared(_P1N="x" * 10**7),
    "a spillover of 10^9 channels": declared(_SPILLOVER="1000000000,a,b,1,2,3", _TOT="99"),
    "gzip: 300 MB of NULs": bomb(b"", 300 * MB),
    "gzip: 600 MB behind the events": bomb(plain(), 600 * MB),
    "gzip: 12 GB of DATA declared": bomb(far_data(10**9), 300 * MB),
    "gzip: TEXT of 99,999,999 bytes": bomb(text_of(99_999_941), 200 * MB),
    "gzip: in gzip": gzip.compress(bomb(plain(), 300 * MB)),
}
_BIG = np.random.default_rng(0).random((1_000_000, 18), np.float32)
_WIDE = np.random.default_rng(0).integers(0, 1024, (300_000, 18), np.uint16)
VALID = {
    "1M x 18 floats": (lambda: build(keywords(18, len(_BIG)), _BIG.tobytes()), _BIG.shape),
    "1M x 18 floats, gzip": (
        lambda: gzip.compress(build(keywords(18, len(_BIG)), _BIG.tobytes()), 1),
        _BIG.shape,
    ),
    "300k x 18 integers": (
        lambda: build(keywords(18, len(_WIDE), datatype="I", bits=16, ranges=1024), _WIDE.tobytes()),
        _WIDE.shape,
    ),
    "gzip: 50 MB behind the events": (lambda: bomb(plain(), 50 * MB), (4, 3)),
    "49,000 keywords with values of 100 characters": (lambda: many_keywords(49_000, "v" * 100), (4, 3)),
    "20,000 keywords": (lambda: many_keywords(20_000), (4, 3)),
    "4 MB of TEXT": (lambda: many_keywords(40, "v" * 100_000), (4, 3)),
    "200 data sets": (lambda: no_data_sets(200), (4, 3)),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What became of every file: code, words or shape, seconds and bytes."""
    folder = tmp_path_factory.mktemp("bar")
    plan, labels = [], []
    for name, content in [*HOSTILE.items(), *((name, make()) for name, (make, _) in VALID.items())]:
        path = folder / f"{len(plan)}.fcs"
        content(path) if callable(content) else path.write_bytes(content)
        bound = ALLOWED
        if name in VALID:
            n_events, n_channels = VALID[name][1]
            bound += 3 * 8 * n_events * n_channels
        for lenient in (False, True) if name in HOSTILE else (False,):
            plan.append(
                (str(path), lenient, bound + 256 * MB)
            )  # threads and heaps reserve more than they use
            labels.append((name, lenient, bound))
    (folder / "plan.json").write_text(json.dumps(plan))
    for name, content in (
        ("warm.fcs", plain()),
        ("whole.fcs", build(keywords(1, 2, datatype="I", bits=16, ranges=1024), unsigned([[1], [2]], (2,)))),
    ):
        (folder / name).write_bytes(content)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, "plan.json", "warm.fcs", "whole.fcs"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(cytogate.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert time.monotonic() - started < 240
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(plan), done.stderr[-2000:]
    for path, *_ in plan:
        Path(path).unlink(missing_ok=True)
    return {
        (name, lenient): (bound, *line) for (name, lenient, bound), line in zip(labels, lines, strict=True)
    }


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_quickly_and_in_little_memory(answers, name, lenient):
    bound, code, said, seconds, n_bytes = answers[name, lenient]
    assert code not in {"crash", "read"} or lenient, said
    assert code != "crash", said
    assert seconds < MAX_SECONDS, (code, said)
    assert n_bytes < bound, (code, said)


@pytest.mark.parametrize("name", VALID)
def test_a_large_file_is_read_within_the_bar(answers, name):
    bound, code, said, _, n_bytes = answers[name, False]
    assert (code, said) == ("read", list(VALID[name][1]))
    assert n_bytes < bound
