"""Versions: what each version of the standard requires, advises against and forbids."""

from __future__ import annotations

import pytest
from fcs.build import plain

from cytogate.fcs.read import read_fcs
from cytogate.fcs.text.standing import keyword_standing, missing_keywords
from cytogate.fcs.versions import VERSIONS

PLACES = {"$BEGINANALYSIS", "$BEGINDATA", "$BEGINSTEXT", "$ENDANALYSIS", "$ENDDATA", "$ENDSTEXT"}
COMMON = {"$BYTEORD", "$DATATYPE", "$NEXTDATA", "$PAR"}


@pytest.mark.parametrize(
    ("version", "required", "parameter"),
    [
        ("2.0", COMMON | {"$MODE"}, {"B", "R"}),
        ("3.0", COMMON | PLACES | {"$MODE", "$TOT"}, {"B", "E", "R"}),
        ("3.1", COMMON | PLACES | {"$MODE", "$TOT"}, {"B", "E", "N", "R"}),
        ("3.2", COMMON | {"$BEGINDATA", "$ENDDATA", "$CYT", "$TOT"}, {"B", "E", "N", "R"}),
    ],
)
def test_required_keywords_of_each_version(version, required, parameter):
    rules = VERSIONS[version]
    assert set(rules.required) == required
    assert set(rules.required_parameter) == parameter
    assert set(rules.text_offsets) == required & PLACES
    assert rules.needs_total == (version != "2.0")


def test_every_version_speaks_of_every_keyword_and_says_where():
    known = {version: set(rules.statuses) for version, rules in VERSIONS.items()}
    assert len({frozenset(keys) for keys in known.values()}) == 1
    for version, rules in VERSIONS.items():
        for subject in ("required", "optional", "offsets", "data types", "modes", "byte orders", "encoding"):
            assert rules.sections[subject].startswith(f"FCS {version}")
        assert rules.sections["checksum"] or version == "2.0"
        assert set(rules.advised_against) <= {*rules.modes, *rules.data_types}


def test_byte_orders_modes_and_types_of_each_version():
    assert "3,4,1,2" in VERSIONS["2.0"].byte_orders
    assert "3,4,1,2" in VERSIONS["3.0"].byte_orders
    assert VERSIONS["3.1"].byte_orders == VERSIONS["3.2"].byte_orders == ("1,2,3,4", "4,3,2,1")
    assert [VERSIONS[v].modes for v in VERSIONS] == [("L", "C", "U")] * 3 + [("L",)]
    assert all(rules.data_types == ("I", "F", "D", "A") for rules in VERSIONS.values())
    assert [VERSIONS[v].encoding for v in ("2.0", "3.1", "3.2")] == ["ASCII", "UTF-8", "UTF-8"]
    assert [VERSIONS[v].parameter_types for v in VERSIONS] == [False, False, False, True]
    assert [VERSIONS[v].float_gain for v in VERSIONS] == [True, True, True, False]


@pytest.mark.parametrize(
    ("key", "standing"),
    [
        ("$PLATEID", ("forbidden", "forbidden", "optional", "deprecated")),
        ("$COMP", ("forbidden", "optional", "forbidden", "forbidden")),
        ("$DFC1TO2", ("optional", "forbidden", "forbidden", "forbidden")),
        ("$UNICODE", ("forbidden", "optional", "forbidden", "forbidden")),
        ("$G12E", ("optional", "optional", "deprecated", "forbidden")),
        ("$PKN3", ("optional", "optional", "deprecated", "forbidden")),
        ("$PK3", ("optional", "optional", "deprecated", "forbidden")),
        ("$R1I", ("optional", "optional", "optional", "deprecated")),
        ("$P12DATATYPE", ("forbidden", "forbidden", "forbidden", "optional")),
        ("$P1V", ("optional",) * 4),
        ("$SPILLOVER", ("forbidden", "forbidden", "optional", "optional")),
        ("$BTIM", ("optional", "optional", "optional", "deprecated")),
        ("$BEGINDATETIME", ("forbidden", "forbidden", "forbidden", "optional")),
        ("$SPILL", ("unknown",) * 4),
        ("$P1NN", ("unknown",) * 4),
        ("$PVN", ("unknown",) * 4),
        ("SPILL", ("",) * 4),
        ("P1DISPLAY", ("",) * 4),
    ],
)
def test_standing_of_a_keyword_in_each_version(key, standing):
    for rules, expected in zip(VERSIONS.values(), standing, strict=True):
        found = keyword_standing({key: "1"}, rules)
        groups = {name: getattr(found, name) for name in ("deprecated", "forbidden", "unknown")}
        assert groups == {name: (key,) if name == expected else () for name in groups}


def test_missing_keywords_count_those_of_each_parameter():
    words = dict.fromkeys(VERSIONS["3.1"].required, "0") | {"$PAR": "2", "$P1B": "", "$P1E": "", "$P1N": ""}
    assert missing_keywords(words, VERSIONS["3.1"]) == ("$P1R", "$P2B", "$P2E", "$P2N", "$P2R")
    assert missing_keywords({"$PAR": "9" * 20}, VERSIONS["2.0"])[:1] == ("$BYTEORD",)
    assert "$PAR" in missing_keywords({}, VERSIONS["2.0"])
    assert missing_keywords({"$PAR": "-1"}, VERSIONS["2.0"]) == (
        "$BYTEORD",
        "$DATATYPE",
        "$MODE",
        "$NEXTDATA",
    )


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
def test_plain_files_conform_and_old_keywords_are_no_warning(tmp_path, version):
    path = tmp_path / "a.fcs"
    path.write_bytes(plain(version=version, more={"$P1TAG": "FITC", "$FOO": "1", "$PLATEID": "7"}))
    f = read_fcs(path)
    assert f.warnings == ()
    found = keyword_standing(f.keywords, VERSIONS[f.version])
    assert found.missing == ()
    assert found.unknown == ("$FOO",)
    assert "$P1TAG" in found.forbidden
    assert ("$PLATEID" in found.forbidden) == (version != "3.1")
