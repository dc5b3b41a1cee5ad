"""Gating-ML files made to harm: refused at once, with file and line, nothing read from outside."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from itertools import pairwise

import pytest

from cytogate.errors import InteropError
from cytogate.interop.gatingml import read_gatingml

CANARY = "the-canary-sings"
ROOT = """<gating:Gating-ML
    xmlns:gating="http://www.isac-net.org/std/Gating-ML/v2.0/gating"
    xmlns:transforms="http://www.isac-net.org/std/Gating-ML/v2.0/transformations"
    xmlns:data-type="http://www.isac-net.org/std/Gating-ML/v2.0/datatypes">"""
END = "</gating:Gating-ML>"
DIMENSION = (
    '<gating:dimension gating:compensation-ref="{matrix}"{more}>'
    '<data-type:fcs-dimension data-type:name="{channel}"/></gating:dimension>'
)


def _dim(channel="A", matrix="uncompensated", more=""):
    return DIMENSION.format(channel=channel, matrix=matrix, more=more)


def _range(identity, more="", **dim):
    return f'<gating:RectangleGate gating:id="{identity}"{more}>{_dim(**dim)}</gating:RectangleGate>'


def _ranges(n):
    return "".join(_range(f"g{i}") for i in range(n))


def _entities(n, size):
    names = [f"a{i}" for i in range(n)]
    lines = ['<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY {b} "{f"&{a};" * size}">' for a, b in pairwise(names)]
    return f"<!DOCTYPE x [{''.join(lines)}]>{ROOT}{_range('R', channel=f'&{names[-1]};')}{END}"


def _vertices(n):
    one = '<gating:coordinate data-type:value="1"/>' * 2
    corners = f"<gating:vertex>{one}</gating:vertex>" * n
    return f'{ROOT}\n<gating:PolygonGate gating:id="P">{_dim() * 2}{corners}</gating:PolygonGate>{END}'


def _covariance(n):
    row = '<gating:row><gating:entry data-type:value="1"/></gating:row>'
    return (
        f'{ROOT}\n<gating:EllipsoidGate gating:id="E">{_dim() * n}<gating:covarianceMatrix>{row * n}'
        f"</gating:covarianceMatrix></gating:EllipsoidGate>{END}"
    )


def _flog(n, more=""):
    return "".join(
        f'<transforms:transformation transforms:id="t{i}"{more}><transforms:flog transforms:T="1" '
        'transforms:M="1"/></transforms:transformation>'
        for i in range(n)
    )


def _matrix(n):
    names = "".join(f'<data-type:fcs-dimension data-type:name="D{i}"/>' for i in range(n))
    return (
        f'{ROOT}\n<transforms:spectrumMatrix transforms:id="M"><transforms:fluorochromes>{names}'
        f"</transforms:fluorochromes><transforms:detectors>{names}</transforms:detectors>"
        f"</transforms:spectrumMatrix>{END}"
    )


LONG = ' gating:min="' + "9" * 9000 + '" gating:c'
HTML = "<body>Please log in</body></html>"

# name: (content, made when it is needed, code of the problem, line)
HOSTILE = {
    "entity bomb": (lambda: _entities(12, 10), "xml-doctype", 1),
    "quadratic entities": (lambda: _entities(2, 50_000), "xml-doctype", 1),
    "doctype after a comment": (lambda: f"<!-- a -->\n\n<!DOCTYPE x>{ROOT}{END}", "xml-doctype", 3),
    "deep nesting": (lambda: f"{ROOT}{'<a>' * 100_000}", "xml-not-well-formed", 4),
    "deep gates": (lambda: ROOT + "\n<gating:RectangleGate>" * 300, "xml-not-well-formed", None),
    "ten million tags": (lambda: f"{ROOT}\n{'<a/>' * 10_000_000}{END}", "xml-too-many-parts", 5),
    "ten million attributes": (lambda: ROOT + "\n<a " + 'b="" ' * 10_000_000 + "/>", "xml-too-many-parts", 5),
    "900,000 elements": (lambda: f"{ROOT}\n{'<a/>' * 900_000}{END}", "too-many-elements", 4),
    "huge id": (lambda: f"{ROOT}\n{_range('x' * 9_000_000)}{END}", "xml-value-too-long", 5),
    "long id": (lambda: f"{ROOT}\n{_range('x' * 10_001)}{END}", "xml-value-too-long", 5),
    "long number": (lambda: f"{ROOT}\n{_range('R').replace(' gating:c', LONG)}{END}", "number", 5),
    "beyond a value": (lambda: f'{ROOT}\n<a b="{"x" * 11_000_000}"/>{END}', "xml-not-well-formed", 5),
    "200,000 vertices": (lambda: _vertices(200_000), "too-many-elements", 5),
    "10,001 vertices": (lambda: _vertices(10_001), "too-many-elements", 5),
    "ten thousand dimensions": (lambda: _covariance(10_000), "dimension-count", 5),
    "12,000 gates": (lambda: f"{ROOT}\n{_ranges(12_000)}{END}", "too-many-gates", 5),
    "12,000 transforms": (lambda: f"{ROOT}\n{_flog(12_000)}{END}", "too-many-scales", 5),
    "matrix of 10,000": (lambda: _matrix(10_000), "matrix-too-large", 5),
    "duplicate ids": (lambda: f"{ROOT}\n{_range('R')}\n{_range('R')}{END}", "id-twice", 6),
    "html": (lambda: f"<!DOCTYPE html>\n<html>{HTML}", "xml-is-html", 1),
    "html without doctype": (lambda: f"<!-- saved -->\n<html><meta><br>{HTML}", "xml-is-html", 1),
    "xhtml": (lambda: f"<?xml version='1.0'?>\n<html>{HTML}", "not-gatingml", 2),
    "other xml": (lambda: "<svg xmlns='http://www.w3.org/2000/svg'/>", "not-gatingml", 1),
    "workspace": (lambda: '<Workspace version="20.0"/>', "not-gatingml", 1),
    "json": (lambda: '{"gates": []}', "xml-not-well-formed", 1),
    "binary": (lambda: b"FCS3.1  " + bytes(range(256)) * 100, "xml-not-well-formed", 1),
    "zip": (lambda: b"PK\x03\x04" + bytes(1000), "xml-not-well-formed", 1),
    "utf-16": (lambda: f"{ROOT}{END}".encode("utf-16"), "xml-encoding", 1),
    "utf-16 without a mark": (lambda: f"{ROOT}{END}".encode("utf-16-le"), "xml-encoding", 1),
    "utf-32": (lambda: f"{ROOT}{END}".encode("utf-32"), "xml-encoding", 1),
    "false encoding": (lambda: f'<?xml version="1.0" encoding="UTF-16"?>{ROOT}{END}', None, 1),
    "utf-7": (lambda: f'<?xml version="1.0" encoding="UTF-7"?>{ROOT}{END}', None, 1),
    "ebcdic": (lambda: f'<?xml version="1.0" encoding="cp037"?>{ROOT}{END}'.encode("cp037"), None, 1),
    "unknown encoding": (lambda: f'<?xml version="1.0" encoding="klingon"?>{ROOT}{END}', None, 1),
    "latin-1 unsaid": (lambda: f"{ROOT}\n{_range('µ')}".encode("latin-1"), "xml-not-well-formed", 5),
    "cut off": (lambda: f"{ROOT}\n{_range('R')}\n<gating:Rect", "xml-not-well-formed", 6),
    "control characters": (lambda: f"{ROOT}\n{_range('a&#7;b')}{END}", "xml-not-well-formed", 5),
    "unknown prefix": (lambda: f"{ROOT}\n<gate:RectangleGate gate:id='R'/>{END}", "xml-not-well-formed", 5),
    "empty": (lambda: "", "xml-empty", None),
}  # fmt: skip


def _refused(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    with pytest.raises(InteropError) as caught:
        read_gatingml(path)
    return caught.value


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_with_file_and_line(tmp_path, name):
    content, code, line = HOSTILE[name]
    path = tmp_path / "gates.xml"
    error = _refused(path, content())
    problem = error.problems[0]
    assert code is None or problem.code == code
    expected = str(path) if line is None else f"{path}:{line}"
    assert problem.location.partition(",")[0].startswith(expected)
    assert len(str(error)) < 3000


def _seconds_to_refuse(path):
    """Return processor time, the best of three: what else the machine does is not the reader's."""
    spent = []
    while len(spent) < 3 and min(spent, default=1.0) >= 1.0:
        start = time.process_time()
        with pytest.raises(InteropError):
            read_gatingml(path)
        spent.append(time.process_time() - start)
    return min(spent)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_takes_less_than_a_second(tmp_path, name):
    path = tmp_path / "gates.xml"
    content = HOSTILE[name][0]()
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    assert _seconds_to_refuse(path) < 1.0


def test_references_to_nowhere_by_the_thousand_are_refused_in_time(tmp_path):
    """Ten thousand gates with an unknown parent, transform, matrix: the first hundred problems are enough."""
    many = "".join(
        _range(f"g{i}", f' gating:parent_id="h{i}"', matrix=f"m{i % 2}" if i % 3 == 0 else "FCS")
        for i in range(10_000)
    )
    path = tmp_path / "gates.xml"
    content = f"{ROOT}\n{_flog(5000)}{many}{END}"
    error = _refused(path, content)
    assert len(error.problems) <= 203
    assert sum(problem.code == "more-problems" for problem in error.problems) >= 1
    assert _seconds_to_refuse(path) < 1.0


@pytest.mark.parametrize(
    "body",
    [
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}" parse="text"/>',
        '<?xml-stylesheet type="text/xsl" href="{url}"?>',
        '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x {url}"/>',
    ],
)
@pytest.mark.parametrize("url", ["file://{secret}", "{secret}", "http://127.0.0.1:9/x"])
def test_nothing_that_a_file_names_is_read(tmp_path, body, url):
    secret = tmp_path / "secret.txt"
    secret.write_text(f"<a>{CANARY}</a>")
    path = tmp_path / "gates.xml"
    path.write_text(f"{ROOT}{body.format(url=url.format(secret=secret))}{_range('R')}{END}")
    strategy = read_gatingml(path)
    assert strategy.paths == ("/R",)
    assert CANARY not in repr(strategy)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a SYSTEM "{url}">',
        '<!DOCTYPE a PUBLIC "-//x//y" "{url}">',
        '<!DOCTYPE a [<!ENTITY e SYSTEM "{url}">]>',
        '<!DOCTYPE a [<!ENTITY % e SYSTEM "{url}"> %e;]>',
        '<!DOCTYPE a [<!NOTATION n SYSTEM "{url}"><!ENTITY e SYSTEM "{url}" NDATA n>]>',
    ],
)
def test_external_entities_are_refused_unread(tmp_path, doctype):
    """The entity is a pipe that nobody writes to: to open it would hang."""
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes on this system")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    path = tmp_path / "gates.xml"
    error = _refused(path, f"{doctype.format(url=f'file://{pipe}')}{ROOT}{_range('&e;')}{END}")
    assert [problem.code for problem in error.problems] == ["xml-doctype"]
    assert f"{path}:1" in error.problems[0].location


MEASURE = """
import resource, sys
from cytogate.errors import InteropError
from cytogate.interop.gatingml import read_gatingml
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_gatingml(sys.argv[1])
except InteropError:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in KB on Linux only")
@pytest.mark.parametrize(
    "name", ["ten million tags", "ten million attributes", "900,000 elements", "200,000 vertices", "huge id"]
)
def test_hostile_file_takes_little_memory(tmp_path, name):
    """A process of its own: what is counted includes libxml2, which Python's own counters do not see."""
    path = tmp_path / "gates.xml"
    path.write_text(HOSTILE[name][0]())
    megabytes = path.stat().st_size / 2**20
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < 350 + 2 * megabytes


def test_reading_a_plain_file_takes_little_memory(tmp_path):
    path = tmp_path / "gates.xml"
    path.write_text(f"{ROOT}{_ranges(1000)}{END}")
    tracemalloc.start()
    read_gatingml(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20
