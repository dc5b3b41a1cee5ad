from __future__ import annotations

import os
import threading
import time

import pytest
from lxml import etree

from cytogate.errors import InteropError
from cytogate.interop.xml import parse_xml, write_xml

CANARY = "the-canary-sings"


@pytest.fixture
def quick():
    """Fail a hostile file that is not refused at once."""
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < 2.0


def _write(folder, content: bytes | str):
    path = folder / "gates.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def _billion_laughs() -> str:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    return f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><x>&a11;</x>'


def test_plain_file_is_parsed_with_line_numbers(tmp_path):
    root = parse_xml(_write(tmp_path, '<?xml version="1.0"?>\n<!-- note -->\n<a>\n<b/>\n</a>'))
    assert (root.tag, root[0].sourceline) == ("a", 4)


def test_byte_order_mark_of_utf8_is_no_fault(tmp_path):
    assert parse_xml(_write(tmp_path, b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a/>")).tag == "a"


def test_declared_latin_1_is_read(tmp_path):
    content = '<?xml version="1.0" encoding="ISO-8859-1"?><a b="é"/>'.encode("latin-1")
    assert parse_xml(_write(tmp_path, content)).get("b") == "é"


@pytest.mark.usefixtures("quick")
def test_entity_bomb_is_refused_at_its_doctype(tmp_path):
    with pytest.raises(InteropError, match=r"gates\.xml:1: the file has a document type declaration"):
        parse_xml(_write(tmp_path, _billion_laughs()))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("before", ["", "<!-- <a> -->\n", "<?x y?>", "\n\n <!---->", "\ufeff"])
def test_doctype_is_refused_wherever_it_may_stand(tmp_path, before):
    with pytest.raises(InteropError, match="DOCTYPE") as caught:
        parse_xml(_write(tmp_path, f"{before}<!DOCTYPE a><a/>"))
    assert caught.value.problems[0].code == "xml-doctype"


def test_doctype_in_a_comment_or_text_is_only_text(tmp_path):
    assert parse_xml(_write(tmp_path, "<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE a>]]></a>")).tag == "a"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("system", ["file://{secret}", "{secret}", "http://127.0.0.1:9/x"])
def test_external_entity_never_reads_what_it_names(tmp_path, system):
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    source = system.format(secret=secret)
    with pytest.raises(InteropError) as caught:
        parse_xml(_write(tmp_path, f'<!DOCTYPE a [<!ENTITY e SYSTEM "{source}">]><a>&e;</a>'))
    assert CANARY not in str(caught.value)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<a>" * 100_000, "xml-not-well-formed"),
        ("<a>" * 5000 + "</a>" * 5000, "xml-not-well-formed"),
        (f'<a b="{"x" * 12_000_000}"/>', "xml-not-well-formed"),
        ("<a><b></a>", "xml-not-well-formed"),
        ('<?xml version="1.0"?><a><b c="d', "xml-not-well-formed"),
        ("<a>&unknown;</a>", "xml-not-well-formed"),
        (b"<a b='\xff\xfe'/>", "xml-not-well-formed"),
        (b"<a>\x00</a>", "xml-not-well-formed"),
        ("<!-- never closed", "xml-not-well-formed"),
        ("just text", "xml-not-well-formed"),
        ("", "xml-empty"),
        (" \n\t", "xml-empty"),
        ("<!DOCTYPE html><html><body>404</body></html>", "xml-is-html"),
        ("\n<HTML><body>log in</body></HTML>", "xml-is-html"),
        ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "xml-encoding"),
        ("<a/>".encode("utf-16-le"), "xml-encoding"),
        ("<a/>".encode("utf-16-be"), "xml-encoding"),
        ("<a/>".encode("utf-32"), "xml-encoding"),
        (b"PK\x03\x04 a zip archive", "xml-not-well-formed"),
    ],
)
def test_what_is_no_proper_xml_is_refused(tmp_path, content, code):
    with pytest.raises(InteropError) as caught:
        parse_xml(_write(tmp_path, content))
    assert [problem.code for problem in caught.value.problems] == [code]
    assert "gates.xml" in str(caught.value)


def test_encoding_of_several_bytes_is_refused_by_name(tmp_path):
    content = '<?xml version="1.0" encoding="UTF-7"?><a/>'
    with pytest.raises(InteropError) as caught:
        parse_xml(_write(tmp_path, content))
    assert caught.value.problems[0].code in ("xml-encoding", "xml-not-well-formed")


def test_doctype_hidden_by_another_encoding_is_refused(tmp_path):
    content = (
        '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AFsAPAAh-ENTITY e "x"+AD4AXQA+-<a>&e;</a>'
    )
    with pytest.raises(InteropError):
        parse_xml(_write(tmp_path, content))


def test_not_well_formed_names_the_line(tmp_path):
    with pytest.raises(InteropError, match=r"gates\.xml:3: the file is not well-formed XML"):
        parse_xml(_write(tmp_path, "<a>\n<b>\n</a>\n"))


def test_file_beyond_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "big.xml"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(InteropError, match="larger than 67,108,864 bytes"):
        parse_xml(path)


@pytest.mark.parametrize(
    ("name", "text"), [("missing.xml", "cannot be read"), (".", "not a regular file"), ("a\0b", "null")]
)
def test_what_is_no_file_is_refused(tmp_path, name, text):
    with pytest.raises(InteropError, match=text):
        parse_xml(os.path.join(tmp_path, name))  # noqa: PTH118 - a Path with a NUL is not wanted here


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
@pytest.mark.usefixtures("quick")
def test_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(InteropError, match="not a regular file"):
        parse_xml(path)


def test_written_file_is_whole_and_nothing_is_left_beside_it(tmp_path):
    root = etree.Element("a", b="µ")
    write_xml(root, tmp_path / "out.xml")
    assert parse_xml(tmp_path / "out.xml").get("b") == "µ"
    assert [path.name for path in tmp_path.iterdir()] == ["out.xml"]


def test_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "out.xml"
    target.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InteropError, match=r"out\.xml cannot be written[\s\S]*No space left"):
        write_xml(etree.Element("a"), target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.xml"]


def test_write_into_a_missing_folder_names_it(tmp_path):
    with pytest.raises(InteropError, match="nowhere"):
        write_xml(etree.Element("a"), tmp_path / "nowhere" / "out.xml")


def test_readers_see_the_old_or_the_new_file_never_half(tmp_path):
    target = tmp_path / "out.xml"
    write_xml(etree.Element("a", n="x" * 100_000), target)
    stop = threading.Event()
    broken = []

    def read() -> None:
        while not stop.is_set():
            try:
                parse_xml(target)
            except InteropError as error:
                broken.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        write_xml(etree.Element("a", n="y" * 100_000), target)
    stop.set()
    reader.join()
    assert broken == []
