"""Parameters: what each keyword of ``$Pn`` does to values, by version, and what odd ones are taken for."""

from __future__ import annotations

import time

import numpy as np
import pytest
from fcs.build import build, floats, keywords, plain, unsigned

from cytogate.errors import FcsError, PanelError
from cytogate.fcs.channels.panel import Channel, Panel, unique_names
from cytogate.fcs.channels.parameters import range_mask, read_parameters
from cytogate.fcs.limits import LIMITS
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.terms import Terms
from cytogate.fcs.versions import VERSIONS
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.engine import gate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy


def codes(file):
    return sorted({problem.code for problem in file.warnings})


def one(kind, value, version="3.1", *, name="FL1-A", range_=1024, **more):
    """A file of one channel and one event."""
    bits = {"I": 16, "F": 32, "D": 64}[kind]
    words = keywords(1, 1, datatype=kind, bits=bits, ranges=range_, names=[name]) | {"$CYT": "x"}
    for key, text in more.items():
        words.pop(f"$P1{key}", None)
        if text is not None:
            words["$TIMESTEP" if key == "TIMESTEP" else f"$P1{key}"] = text
    data = unsigned([[value]], (2,)) if kind == "I" else floats([[value]], kind={"F": "f", "D": "d"}[kind])
    return build(words, data, version=version)


# --- $PnE, $PnG, $TIMESTEP


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1", "3.2"])
@pytest.mark.parametrize("kind", ["I", "F", "D"])
def test_gain_divides_integers_and_until_3_1_floats(read, version, kind):
    f = read(one(kind, 512, version, G="4"))
    divides = kind == "I" or version != "3.2"
    assert f.events()[0, 0] == (128.0 if divides else 512.0)
    assert f.channels[0].gain == (4.0 if divides else 1.0)
    assert codes(f) == ([] if divides else ["gain-on-float-ignored"])


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1", "3.2"])
@pytest.mark.parametrize("kind", ["I", "F", "D"])
def test_log_scale_is_of_integers_only(read, version, kind):
    f = read(one(kind, 512, version, E="4,1"))
    assert f.events()[0, 0] == (10.0 ** (4 * 512 / 1024) if kind == "I" else 512.0)
    assert codes(f) == ([] if kind == "I" else ["log-on-float-ignored"])


@pytest.mark.parametrize("kind", ["I", "F"])
@pytest.mark.parametrize("name", ["Time", "TIME", "time", "HDR-T"])
def test_time_has_no_gain_and_no_log_scale(read, kind, name):
    f = read(one(kind, 200, name=name, G="0.01", E="4,1", TIMESTEP="0.5"))
    assert f.events()[0, 0] == (200.0 if name == "HDR-T" else 100.0)
    assert codes(f) == ["log-on-time-ignored" if kind == "I" else "log-on-float-ignored", "time-gain-ignored"]


def test_time_by_type_of_3_2(read):
    assert read(one("F", 200, "3.2", name="T1", TYPE="Time", TIMESTEP="0.5")).events()[0, 0] == 100.0
    assert read(one("F", 200, "3.1", name="T1", TYPE="Time", TIMESTEP="0.5")).events()[0, 0] == 200.0


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("0.01", 2.0, []),
        ("1", 200.0, []),
        (".5", 100.0, []),
        ("1e-2", 2.0, []),
        ("0,01", 2.0, ["decimal-comma"]),
        ("1,000", 200.0, ["timestep-unreadable"]),
        ("0", 200.0, ["timestep-unreadable"]),
        ("-1", 200.0, ["timestep-unreadable"]),
        ("nan", 200.0, ["timestep-unreadable"]),
        ("inf", 200.0, ["timestep-unreadable"]),
        ("1e308", 200.0, ["timestep-unreadable"]),
        ("1e-320", 200.0, ["timestep-unreadable"]),
        ("xxxxxxxxx", 200.0, ["timestep-unreadable"]),
    ],
)
def test_time_step(read, text, value, found):
    f = read(one("F", 200, name="Time", TIMESTEP=text))
    assert f.events()[0, 0] == pytest.approx(value)
    assert codes(f) == found


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("8", 64.0, []),
        (" 8.0 ", 64.0, []),
        ("1", 512.0, []),
        ("6,5", 512 / 6.5, ["decimal-comma"]),
        ("0", 512.0, ["gain-unreadable"]),
        ("-2", 512.0, ["gain-unreadable"]),
        ("x", 512.0, ["gain-unreadable"]),
        ("nan", 512.0, ["gain-unreadable"]),
        ("inf", 512.0, ["gain-unreadable"]),
        ("1e-300", 512.0, ["gain-unreadable"]),
        ("1_0", 512.0, ["gain-unreadable"]),
    ],
)
def test_gain(read, text, value, found):
    f = read(one("I", 512, G=text))
    assert f.events()[0, 0] == value
    assert np.isfinite(f.events()).all()
    assert codes(f) == found


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("4,1", 100.0, []),
        ("4.0,1.0", 100.0, []),
        (" 4 , 1 ", 100.0, []),
        ("4,0", 100.0, ["log-offset-zero"]),
        ("4.0,0.1024", 10.24, []),
        ("4,0,1,0", 100.0, ["decimal-comma"]),
        ("4,0,0,1", 10.0, ["decimal-comma"]),
        ("0,1", 512.0, ["log-decades-zero"]),
        ("0,0", 512.0, []),
        ("0.000000,0.000000", 512.0, []),
        ("0,0,0,0", 512.0, ["decimal-comma"]),
        (None, 512.0, ["log-scale-missing"]),
    ],
)
def test_log_scale(read, text, value, found):
    f = read(one("I", 512, E=text))
    assert f.events()[0, 0] == pytest.approx(value)
    assert codes(f) == found


def test_log_scale_and_gain_together_use_the_log_scale(read):
    f = read(one("I", 512, E="4,1", G="8"))
    assert f.events()[0, 0] == pytest.approx(100.0)
    assert codes(f) == ["gain-with-log-ignored"]
    assert codes(read(one("I", 512, E="4,1", G="1.0"))) == []


@pytest.mark.parametrize("text", ["x", "5.22472,100", "-1,0", "4,1", "nan,nan"])
def test_log_scales_of_floats_are_left_alone_whatever_they_say(read, text):
    f = read(one("F", 512, E=text))
    assert f.events()[0, 0] == 512.0
    assert codes(f) == ["log-on-float-ignored"]


# --- $PnR


@pytest.mark.parametrize(
    ("range_", "width", "mask"),
    [
        (2**32, 4, 2**64 - 1),
        (2**32 - 1, 4, 2**32 - 1),
        (2**64, 8, 2**64 - 1),
        (2**63, 8, 2**63 - 1),
        (1024, 2, 1023),
        (1000, 2, 1023),
        (1025, 2, 2047),
        (1023.5, 2, 1023),
        (float("inf"), 1, 2**64 - 1),
        (1e300, 2, 2**64 - 1),
        (2, 1, 1),
        (1, 1, 0),
    ],
)
def test_masks(range_, width, mask):
    assert range_mask(range_, width) == mask


@pytest.mark.parametrize("text", ["0", "-1024", "NA", "0.5", "nan", "-inf", "1,024", "0x400", None])
@pytest.mark.parametrize("lenient", [False, True])
def test_range_of_integers_that_is_none_is_refused(read, text, lenient):
    with pytest.raises(FcsError) as caught:
        read(one("I", 40000, R=text), lenient=lenient)
    assert caught.value.field == "$P1R"
    assert caught.value.code == ("range-unreadable" if text else "keyword-missing")
    assert "lenient" not in caught.value.fix


@pytest.mark.parametrize(
    "text",
    [
        "1e4",
        "1024.0",
        "262144",
        " 1024 ",
        "18446744073709551616",
        "340282346638528859811704183484516925440",
        "0",
        "0.5",
        "inf",
    ],
)
def test_ranges_of_floats_change_nothing(read, text):
    f = read(one("F", 5e9, R=text))
    assert f.raw()[0, 0] == np.float32(5e9)
    assert codes(f) == []
    assert f.channels[0].range == float(text)


@pytest.mark.parametrize("text", ["-5", "-0.5", "NA", None])
def test_unreadable_ranges_of_floats_are_infinite(read, text):
    f = read(one("F", 5e9, R=text))
    assert (f.raw()[0, 0], f.channels[0].range) == (np.float32(5e9), np.inf)
    assert codes(f) == ["parameter-range-unreadable"]


def test_accuri_values_above_their_range_lose_bits_and_are_counted(read):
    """As in FlowCal#216: 20,000,001 in 32 bits with a range of 2^24."""
    words = keywords(1, 3, datatype="I", bits=32, ranges=2**24)
    f = read(build(words, unsigned([[20_000_001], [5], [16_777_215]], (4,))))
    assert f.raw()[:, 0].tolist() == [3_222_785, 5, 16_777_215]
    assert codes(f) == ["bits-beyond-range"]
    assert "1 of 3 events" in f.warnings[0].message


# --- $PAR, $PnB, $PnDATATYPE


def test_all_keywords_of_parameter_38_missing(read):
    rows = [[float(c + r) for c in range(38)] for r in range(3)]
    words = {key: value for key, value in keywords(38, 3).items() if not key.startswith("$P38")}
    f = read(build(words, floats(rows)))
    assert f.channels.names[37] == "P38"
    np.testing.assert_array_equal(f.raw(), np.array(rows, np.float32))
    assert "parameter-bits-missing" in codes(f)
    words |= {"$DATATYPE": "I", **{f"$P{n}B": "16" for n in range(1, 38)}}
    with pytest.raises(FcsError, match=r"\$P38B.*keyword-missing") as caught:
        read(build(words, bytes(38 * 3 * 2)))
    assert "$PAR is 38, but keywords describe 37 parameters" in str(caught.value)


@pytest.mark.parametrize(("datatype", "kind"), [("F", "f"), ("D", "d")])
def test_floats_without_bits_have_those_of_their_type(read, datatype, kind):
    rows = [[1.5, -2.0], [3.0, 1e30]]
    words = {key: text for key, text in keywords(2, 2, datatype=datatype).items() if key != "$P2B"}
    f = read(build(words | {"$P1B": {"F": "32", "D": "64"}[datatype]}, floats(rows, kind=kind)))
    np.testing.assert_array_equal(f.raw(), np.array(rows, kind))
    assert codes(f) == ["parameter-bits-missing"]


def test_keywords_beyond_par_are_said(read):
    more = {"$P4N": "X", "$P4B": "32", "$P5N": "Y"}
    f = read(plain(more=more))
    assert len(f.channels) == 3
    assert codes(f) == ["parameters-beyond-count"]
    assert "parameters 4, 5" in f.warnings[0].message


@pytest.mark.parametrize(("length", "n_shown"), [(40, 40), (41, 40), (60, 40)])
def test_forty_characters_of_a_wrong_par_are_shown(read, length, n_shown):
    for text, code in (("5000." + "0" * (length - 5), "par-too-large"), ("x" * length, "par-invalid")):
        with pytest.raises(FcsError) as caught:
            read(plain(more={"$PAR": text}))
        assert (caught.value.code, caught.value.found.strip("'")) == (code, text[:n_shown])


@pytest.mark.parametrize("par", ["2", "4"])
def test_wrong_par_is_never_guessed(read, par):
    with pytest.raises(FcsError):
        read(plain(more={"$PAR": par}))


def test_type_of_one_parameter_before_3_2_is_said(read):
    f = read(one("F", 1.5, "3.1", DATATYPE="I"))
    assert (f.raw()[0, 0], codes(f)) == (1.5, ["parameter-type-ignored"])
    assert codes(read(one("F", 1.5, "3.1", DATATYPE="F"))) == []
    assert codes(read(one("F", 1.5, "3.2", DATATYPE="f"))) == []


# --- names


def test_channels_without_or_with_the_same_name_are_told_apart_and_gated_by_their_own(read):
    words = keywords(4, 2, names=["FL1", "FL1", " ", "\u03b2-CD19, PE"])
    f = read(build(words, floats([[1, 2, 3, 4], [5, 6, 7, 8]])))
    assert f.channels.names == ("FL1 (P1)", "FL1 (P2)", "P3", "\u03b2-CD19, PE")
    assert codes(f) == ["channel-name-comma", "channel-name-duplicate", "channel-unnamed"]

    def count(name):
        box = RectangleGate((Dimension(name),), (4.5,), (9.0,))
        return gate(f, GatingStrategy.build([GateNode("A", box, None)])).count("A")

    assert [count(name) for name in ("FL1 (P1)", "FL1 (P2)", "P3", "\u03b2-CD19, PE")] == [1, 1, 1, 1]
    with pytest.raises(PanelError, match=r"'FL1' is ambiguous: it fits FL1 \(P1\), FL1 \(P2\)"):
        count("FL1")


def test_unicode_names_are_found_in_either_form():
    panel = Panel([Channel("Caf\xe9-A"), Channel("Time")])
    assert panel["Cafe\u0301-A"].name == "Caf\xe9-A"
    twins = Panel([Channel("Caf\xe9"), Channel("Cafe\u0301")])
    assert twins["Cafe\u0301"] is twins[1]
    with pytest.raises(PanelError, match="ambiguous"):
        twins["CAF\xc9"]


@pytest.mark.parametrize("names", [["A"] * 4096, ["A", "B"] * 2048, [f"A{n // 2}" for n in range(4096)]])
def test_many_parameters_with_the_same_names_are_named_in_time(names):
    words = keywords(4096, 0, names=names)
    findings = Findings("a.fcs")
    started = time.process_time()
    parameters = read_parameters(words, Terms(VERSIONS["3.1"], LIMITS), findings)
    assert time.process_time() - started < 1
    assert len({parameter.channel.name for parameter in parameters}) == 4096
    assert {problem.code for problem in findings.problems} == {"channel-name-duplicate"}
    assert len(unique_names([Channel(name) for name in names])) == 4096
    with pytest.raises(PanelError, match="named more than once"):
        Panel(names)


# --- how large factors may be


@pytest.mark.parametrize(
    ("text", "is_read"),
    [("1e100", True), ("1e-100", True), ("1.1e100", False), ("0.9e-100", False)],
)
def test_factors_within_a_hundred_decades_are_applied(read, text, is_read):
    f = read(one("I", 512, G=text))
    assert f.events()[0, 0] == (512 / float(text) if is_read else 512.0)
    assert codes(f) == ([] if is_read else ["gain-unreadable"])
    f = read(one("F", 0.5, name="Time", TIMESTEP=text))
    assert f.events()[0, 0] == (0.5 * float(text) if is_read else 0.5)
    assert codes(f) == ([] if is_read else ["timestep-unreadable"])


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("100,1", True),
        ("100,0.5", True),
        ("99,10", True),
        ("100.1,1", False),
        ("99,11", False),
        ("100,2", False),
        ("-1,1", False),
        ("4,-1", False),
        ("inf,1", False),
    ],
)
def test_log_scales_of_up_to_a_hundred_decades_are_applied(read, text, is_read):
    content = one("I", 512, E=text)
    if is_read:
        decades, offset = map(float, text.split(","))
        assert read(content).events()[0, 0] == pytest.approx(offset * 10 ** (decades / 2))
        return
    with pytest.raises(FcsError, match="log-scale-unreadable"):
        read(content)
    f = read(content, lenient=True)
    assert f.events()[0, 0] == 512.0
    assert codes(f) == ["log-scale-unreadable"]


def test_log_scale_needs_a_range_above_zero_and_below_infinity(read):
    for text in ("inf", "1e400"):
        with pytest.raises(FcsError, match="range-unreadable") as caught:
            read(one("I", 512, E="4,1", R=text))
        assert caught.value.field == "$P1R"
        assert repr(text) in str(caught.value)
