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
KEYWORDS = LIMITS.max_keywords

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
    started = time.process_time()  # others may be at work
    code, said = read(path, lenient)
    seconds = time.process_time() - started
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


def text_with(more, instead_of=b"", lead=b"/"):
    """A file without events whose TEXT goes on with `more`; `instead_of` is left out."""
    words = keywords(3, 0) | {"$BEGINDATA": "0", "$ENDDATA": "0"}
    base = lead + b"".join(b"%s/%s/" % (key.encode(), value.encode()) for key, value in words.items())
    text = (base.replace(instead_of, b"") + more)[: LIMITS.max_text_bytes - 1]
    return text_of(len(text)) + text + b" "


def series(count, form, *, room=TEXT - 2000):
    """So many pieces, each of `form` with its number and its share of TEXT."""
    width = max(room // count - len(form % (0, b"")) - 5, 0)
    return b"".join(form % (n, b"v" * width) for n in range(count))


def far_sets(n_sets, n_bytes):
    """A chain of data sets, each with a TEXT of so many bytes."""
    one = plain(more={"$NEXTDATA": "0000000000", "BIG": "v" * n_bytes})
    return one.replace(b"$NEXTDATA/0000000000", b"$NEXTDATA/%010d" % len(one)) * n_sets


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
    "more keywords than may be": many_keywords(KEYWORDS),
    "a text that is wide in memory": text_with(b"K/" + b"v" * (TEXT // 2) + "\U0001f600/".encode()),
    "a byte order of 10^7 numbers": text_with(b"$BYTEORD/" + b"1," * 5_000_000 + b"/", b"$BYTEORD/1,2,3,4/"),
    "a mode of 10^7 characters": text_with(b"$MODE/" + b"\xc3\xa4" * 5_000_000 + b"/", b"$MODE/L/"),
    "a keyword of 10^7 characters": text_with(b"K" * 10**7 + b"/v/"),
    "twice as many empty values as may be": text_with(series(2 * KEYWORDS, b"K%d%s//")),
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
    "as many keywords as may be, in as much TEXT": (
        lambda: text_with(series(KEYWORDS - 50, b"K%d/%s/")),
        (0, 3),
    ),
    "as many empty values": (lambda: text_with(series(KEYWORDS - 50, b"K%d%s//")), (0, 3)),
    "half as many keywords with a delimiter": (
        lambda: text_with(series(KEYWORDS // 2 - 100, b"K%d//a%s/v/")),
        (0, 3),
    ),
    "values that are keywords": (lambda: text_with(series(KEYWORDS - 50, b"K%d/$%s/").upper()), (0, 3)),
    "values with a delimiter and a dollar": (
        lambda: text_with(series(KEYWORDS - 50, b"K%d/v//$%s/")),
        (0, 3),
    ),
    "unescaped delimiters": (lambda: text_with(series(KEYWORDS // 2, b"$K%d/v/%s/") + b"$X/v/"), (0, 3)),
    "blanks before the delimiter": (
        lambda: text_with(series(KEYWORDS - 50, b"K%d/%s/"), lead=b"\n/"),
        (0, 3),
    ),
    "latin-1": (lambda: text_with(series(KEYWORDS - 50, b"K%d/\xe4%s/")), (0, 3)),
    "bytes that are no UTF-8": (lambda: text_with(b"K/" + b"\xff\xfe\xc0\xc1" * (TEXT // 5) + b"/"), (0, 3)),
    "an amplification of 10^7 numbers": (
        lambda: text_with(b"$P1E/" + b"4," * 5_000_000 + b"/", b"$P1E/0,0/"),
        (0, 3),
    ),
    "a range of 10^7 digits": (lambda: text_with(b"$P1R/" + b"9" * 10**7 + b"/", b"$P1R/1024/"), (0, 3)),
    "a value of 10 MB": (lambda: text_with(b"K/" + b"v" * 10_000_000 + b"/"), (0, 3)),
    "a value of 10 MB of delimiters": (lambda: text_with(b"K/" + b"v//v" * 2_500_000 + b"/"), (0, 3)),
    "a spillover of 1,000,000 characters": (
        lambda: text_with(b"$SPILLOVER/500,a," + b"1," * 500_000 + b"/"),
        (0, 3),
    ),
    "names of 4096 channels that are all one": (
        lambda: build(keywords(4096, 1, names=["A"] * 4096), bytes(4 * 4096)),
        (1, 4096),
    ),
    "2,000 data sets of 4 kB of TEXT": (lambda: far_sets(2000, 4000), (4, 3)),
    "gzip: offsets by the million": (
        lambda: gzip.compress(text_with(b"K/" + b"$ENDDATA 5 " * (TEXT // 12) + b"/"), 1),
        (0, 3),
    ),
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
    bound, code, said, seconds, n_bytes = answers[name, False]
    assert (code, said) == ("read", list(VALID[name][1]))
    assert seconds < 2 * MAX_SECONDS
    assert n_bytes < bound
