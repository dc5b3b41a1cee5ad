from __future__ import annotations

import numpy as np
import parity_case
import pytest

import cytogate as cg

DAY = {"$DATE": "01-JAN-2020", "$BTIM": "10:00:00", "$ETIM": "10:05:00"}


@pytest.fixture
def fcs(tmp_path):
    """Write a small FCS file."""

    def write(name, n=50, keywords=DAY, channels=("FSC-A", "SSC-A", "FITC-A", "PE-A", "Time")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(n).uniform(1, 1000, (n, len(channels)))
        return str(cg.write_fcs(path, values, channels, keywords))

    return write


@pytest.fixture
def matched(wsp, saved):
    """Match files with a workspace of these samples: name and what else the sample is spelled with."""

    def match(files, *samples):
        spelled = []
        for at, (name, given) in enumerate(samples, 1):
            keywords = {"$TOT": 50, **DAY, **given.pop("keywords", {})}
            spelled.append(wsp.sample(name=name, identity=str(at), keywords=keywords, **given))
        return cg.read_flowjo(saved(wsp.workspace(*spelled))).match(files)

    return match


def pairs(found):
    return [(one.sample, one.path, one.by) for one in found.pairs]


def test_file_names_tell_samples(fcs, matched):
    a, b = fcs("x/A.fcs"), fcs("y/b.fcs")
    found = matched([b, a], ("a.fcs", {}), ("b.fcs", {}), ("c.fcs", {"keywords": {"$DATE": "02-JAN-2020"}}))
    assert pairs(found) == [("a.fcs", a, "file name"), ("b.fcs", b, "file name")]
    assert found.unmatched_samples == ("c.fcs",)
    assert found.unmatched_files == found.ambiguous == found.unreadable == ()


def test_files_that_are_open_already_can_be_matched(fcs, matched):
    file = cg.read_fcs(fcs("a.fcs"))
    assert pairs(matched([file], ("a.fcs", {}))) == [("a.fcs", file.path, "file name")]


def test_folders_tell_files_of_one_name(fcs, matched):
    first, second = fcs("day 1/a.fcs"), fcs("day 2/a.fcs")
    samples = [("a.fcs", {"uri": f"file:/C:/Study/day%20{day}/a.fcs"}) for day in (2, 1)]
    found = matched([first, second], *samples)
    assert pairs(found) == [("a.fcs (1)", second, "path"), ("a.fcs (2)", first, "path")]


def test_files_that_fit_alike_are_listed_not_guessed(fcs, matched):
    first, second = fcs("x/a.fcs"), fcs("y/a.fcs")
    found = matched([first, second], ("a.fcs", {}))
    assert found.pairs == ()
    assert found.unmatched_samples == ("a.fcs",)
    assert set(found.unmatched_files) == {first, second}
    (problem,) = found.ambiguous
    assert problem.code == "match-ambiguous"
    assert f"2 files match by file name alike: {first}, {second}" in problem.message


def test_a_file_that_several_samples_claim_is_listed_not_guessed(fcs, matched):
    file = fcs("a.fcs")
    found = matched([file], ("a.fcs", {}), ("a.fcs", {}))
    assert found.pairs == ()
    assert found.unmatched_files == (file,)
    assert [one.code for one in found.ambiguous] == ["match-ambiguous"] * 2
    assert "it matches a.fcs (2) as well or better" in found.ambiguous[0].message


def test_nothing_is_found_by_elimination(fcs, matched):
    """Two samples of one name, two files of that name: that the first pair is certain proves nothing more."""
    near, far = fcs("day 1/a.fcs"), fcs("elsewhere/a.fcs")
    samples = [("a.fcs", {"uri": "file:/C:/day%201/a.fcs"}), ("a.fcs", {"uri": "file:/C:/day%202/a.fcs"})]
    found = matched([near, far], *samples)
    assert pairs(found) == [("a.fcs (1)", near, "path")]
    assert found.unmatched_files == (far,)


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        ({"keywords": {"$TOT": 49}}, "the sample has 49 events, the file 50"),
        (
            {"keywords": {"$BTIM": "11:00:00"}},
            "$BTIM is '11:00:00' in the workspace and '10:00:00' in the file",
        ),
        ({"channels": ("FSC-A", "BV421-A")}, "the file lacks the channels BV421-A"),
    ],
)
def test_a_file_that_contradicts_its_name_is_listed_not_matched(fcs, matched, sample, reason):
    file = fcs("a.fcs")
    found = matched([file], ("a.fcs", sample))
    assert found.pairs == ()
    (problem,) = found.ambiguous
    assert problem.code == "match-contradicted"
    assert reason in problem.message
    assert file in problem.message


def test_fil_tells_renamed_files(fcs, matched):
    file = fcs("renamed.fcs", keywords={**DAY, "$FIL": "a.fcs"})
    assert pairs(matched([file], ("a.fcs", {}))) == [("a.fcs", file, "$FIL")]


def test_keywords_of_measurement_tell_renamed_files(fcs, matched):
    first = fcs("one.fcs")
    second = fcs("two.fcs", keywords={**DAY, "$BTIM": "11:00:00", "$ETIM": "11:04:00"})
    later = {"keywords": {"$BTIM": "11:00:00", "$ETIM": "11:04:00"}}
    found = matched([first, second], ("b.fcs", later), ("a.fcs", {}))
    assert pairs(found) == [("b.fcs", second, "keywords"), ("a.fcs", first, "keywords")]


def test_two_equal_keywords_are_not_enough(fcs, matched):
    keywords = {key: DAY[key] for key in ("$DATE", "$BTIM")}
    assert matched([fcs("one.fcs", keywords=keywords)], ("a.fcs", {})).pairs == ()


def test_channels_of_compensated_exports_count_as_the_originals(fcs, matched):
    names = ("FSC-A", "SSC-A", "Comp-FITC-A", "<PE-A>", "Time")
    file = fcs("a.fcs", channels=names)
    assert pairs(matched([file], ("a.fcs", {}))) == [("a.fcs", file, "file name")]


def test_files_that_cannot_be_read_are_listed(fcs, matched, tmp_path):
    bad = tmp_path / "bad.fcs"
    bad.write_bytes(b"no FCS file")
    good = fcs("a.fcs")
    found = matched([bad, good, tmp_path / "missing.fcs"], ("a.fcs", {}))
    assert len(found.pairs) == 1
    assert [one.location for one in found.unreadable] == [str(bad), str(tmp_path / "missing.fcs")]


def test_names_are_told_however_they_are_escaped_or_accented(fcs, matched):
    """macOS takes accents apart, and what was fetched keeps its escapes."""
    accented, escaped = fcs("x/Prob\u00e9 #1.fcs"), fcs("y/tube%20%5B2%5D.fcs")
    uris = ["file:///Volumes/me/x/Probe%CC%81%20%231.fcs", "file:/C:/me/z/tube%20%5B2%5D.fcs"]
    found = matched([accented, escaped], *((f"renamed {at}", {"uri": uri}) for at, uri in enumerate(uris)))
    assert pairs(found) == [("renamed 0", accented, "path"), ("renamed 1", escaped, "file name")]


def test_keywords_may_be_written_in_other_letters(fcs, matched):
    path = fcs("a.fcs", keywords={**DAY, "$DATE": "01-Jan-2020"})
    assert pairs(matched([path], ("a.fcs", {}))) == [("a.fcs", path, "file name")]


def test_a_file_that_is_given_twice_is_one_file(fcs, matched):
    path = fcs("a.fcs")
    assert pairs(matched([path, cg.read_fcs(path), path], ("a.fcs", {}))) == [("a.fcs", path, "file name")]


def test_one_file_or_a_folder_can_be_given_as_it_is(tmp_path):
    workspace, file = parity_case.make(tmp_path)
    found = cg.read_flowjo(workspace, on_unsupported="skip")
    expected = found.match([file]).pairs
    assert len(expected) == 1
    for given in (file, str(file), tmp_path, [tmp_path], cg.read_fcs(file)):
        assert found.match(given).pairs == expected
