"""Figures as files: the ones of the page, whole, with captions, and no text of the data that acts."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import re
import shutil
import struct
from dataclasses import replace

import pandas as pd
import pytest
from lxml import etree
from report.synthetic import empty_run, make_run

from cytogate.errors import CytogateError, StoreError
from cytogate.plots import rendering
from cytogate.plots.picture import Picture
from cytogate.report import figure as figure_module
from cytogate.report.captions import (
    caption_entries,
    captions_json,
    captions_markdown,
    captions_table,
    comparison_sentence,
    primary_test,
)
from cytogate.report.figure import FigureKind, ReportFigure, figure_kinds, report_figures
from cytogate.report.figure_files import chosen, file_figure, write_figures
from cytogate.report.section import section_kinds
from cytogate.study.run_folder.tables import TABLES

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ["<img src=x onerror=alert(1)>", '=HYPERLINK("x")', "`|**b**[a](javascript:1)", "../../x&amp;"]
NAMES = ["trend-DN", "trend-switched_memory", "trend-activated_naive", "trend-transitional"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return make_run(
        tmp_path_factory.mktemp("hostile"),
        subjects=HOSTILE,
        weeks=(0, 12, 24),
        n_previews=2,
        name="<b>*x*</b>",
    )


@pytest.fixture(scope="module")
def browser() -> None:
    pytest.importorskip("kaleido")
    if not os.environ.get("BROWSER_PATH") and not any(map(shutil.which, rendering.BROWSERS)):
        pytest.skip("no Chrome or Chromium on PATH: install one or set BROWSER_PATH")


def trends_of(run):
    return [figure for figure in report_figures(run) if figure.name.startswith("trend-")]


def with_comparisons(run, **more):
    row = {"subset": "DN", "test": "Wilcoxon signed-rank", "n": 5, "group": "all treated"}
    row = dict.fromkeys(TABLES["comparisons"]) | row | more
    return replace(run, comparisons=pd.DataFrame([row]))


def test_every_figure_of_the_page_is_declared_with_title_and_caption(made_run):
    figures = report_figures(made_run)
    names = [figure.name for figure in figures]
    assert names[:5] == [*NAMES, "trend-helios_treg"]
    after = [name for name in names if name.startswith("before-after")]
    assert after == [name.replace("trend", "before-after") for name in names[:5]]
    assert {"change-DN", "patients", "composition-B"} <= set(names)
    assert len([name for name in names if name.startswith("gating-")]) == 6
    assert all(figure.title and figure.caption for figure in figures)
    assert all(re.fullmatch(r"[A-Za-z0-9_+-]+", name) for name in names)


def test_page_and_file_are_drawn_by_one_function(made_run):
    page = section_kinds.get("trends").build(made_run).figures["trend-0"]
    file = file_figure(trends_of(made_run)[0]).to_plotly_json()
    assert page["data"] == file["data"]
    assert page["layout"]["annotations"] == file["layout"]["annotations"]
    assert file["layout"]["title"]["text"] == "DN, % of B"


def test_pictures_hold_the_panels_of_the_page(made_run):
    patients = section_kinds.get("patients").build(made_run).body
    drawn = next(figure for figure in report_figures(made_run) if figure.name == "patients").build()
    lines = re.findall(r'<polyline points="[^"]*"', patients)
    assert len(lines) > 30
    assert lines == re.findall(r'<polyline points="[^"]*"', drawn.svg)


def test_two_figures_of_one_name_are_refused(made_run, monkeypatch):
    twice = [ReportFigure(name, "One", "", lambda: Picture("", 1, 1)) for name in ("a", "A")]
    monkeypatch.setitem(figure_kinds._entries, "twice", FigureKind(99, lambda _run: twice))
    with pytest.raises(CytogateError, match=r"two figures of the report are called 'A'"):
        figure_module.report_figures(made_run)


# Files ----------------------------------------------------------------------------------------------------


def test_pictures_become_svg_files_without_a_browser(hostile, tmp_path, monkeypatch):
    monkeypatch.setattr(rendering, "_in_own_loop", None)
    files = write_figures(hostile, tmp_path / "new", only=["patients", "gating-*"])
    assert len([file for file in files if file.suffix == ".svg"]) == 3
    for file in files[:-3]:
        root = etree.fromstring(file.read_bytes())
        assert float(root.get("width")) > 300
        assert_inert(root)
    texts = "".join(etree.fromstring(files[0].read_bytes()).itertext())
    assert "<img src=x on" in texts


def assert_inert(root: etree._Element) -> None:
    tags = {node.tag for node in root.iter() if isinstance(node.tag, str)}
    assert not tags & {f"{SVG}script", f"{SVG}foreignObject", f"{SVG}img", "img", "script"}
    assert not [name for node in root.iter() for name in node.attrib if name.lower().startswith("on")]


@pytest.mark.browser
@pytest.mark.usefixtures("browser")
@pytest.mark.parametrize("kind", rendering.KINDS)
def test_a_plotly_figure_and_a_picture_become_whole_files_of_each_format(hostile, tmp_path, kind):
    seen = []
    files = write_figures(
        hostile,
        tmp_path,
        kind=kind,
        only=["trend-DN", "patients"],
        progress=lambda *said: seen.append(said[:2]),
    )
    assert [file.name for file in files] == [
        f"trend-DN.{kind}",
        f"patients.{kind}",
        "captions.md",
        "captions.json",
        "captions.csv",
    ]
    assert seen == [(1, 2), (2, 2)]
    for file in files[:2]:
        content = file.read_bytes()
        if kind == "png":
            width, height = struct.unpack(">II", content[16:24])
            assert width >= 3 * 600
            assert height >= 3 * 350
        elif kind == "pdf":
            assert content.startswith(b"%PDF-")
            assert content.rstrip().endswith(b"%%EOF")
        else:
            assert_inert(etree.fromstring(content))
    if kind == "svg":
        root = etree.fromstring(files[0].read_bytes())
        lines = root.xpath("//*[local-name()='path'][contains(@class, 'js-line')]")
        texts = "".join(root.itertext())
        assert len(lines) >= len(HOSTILE)
        assert "DN, % of B" in texts
        assert "<img src=x" in texts


def test_files_that_are_there_stay_without_force(hostile, tmp_path):
    there = tmp_path / "captions.md"
    there.write_bytes(b"dear")
    with pytest.raises(StoreError, match=r"captions\.md is there already"):
        write_figures(hostile, tmp_path, only=["patients"])
    assert [place.name for place in tmp_path.iterdir()] == ["captions.md"]
    assert there.read_bytes() == b"dear"
    write_figures(hostile, tmp_path, only=["patients"], force=True)
    assert there.read_bytes() != b"dear"


def captioned(place):
    return [entry["file"] for entry in json.loads((place / "captions.json").read_bytes())["figures"]]


def test_captions_of_earlier_figures_stay_while_their_files_do(hostile, tmp_path):
    gating = [figure.name for figure in report_figures(hostile) if figure.name.startswith("gating-")]
    run = with_comparisons(hostile, p=0.0625)
    write_figures(run, tmp_path, only=gating)
    write_figures(run, tmp_path, only=["patients"])
    assert captioned(tmp_path) == [f"{name}.svg" for name in (*gating, "patients")]
    assert (tmp_path / "captions.md").read_text(encoding="utf-8").count("File: `") == 3

    (tmp_path / f"{gating[0]}.svg").unlink()
    stale = (
        (tmp_path / "captions.json").read_text(encoding="utf-8").replace('"caption": "', '"caption": "old ')
    )
    (tmp_path / "captions.json").write_text(stale, encoding="utf-8")
    write_figures(run, tmp_path, only=["patients"], force=True)
    entries = json.loads((tmp_path / "captions.json").read_bytes())["figures"]
    assert [entry["file"] for entry in entries] == [f"{gating[1]}.svg", "patients.svg"]
    assert [entry["caption"].startswith("old ") for entry in entries] == [True, False]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"format": "cytogate.captions", "version": 1, "study": "another", "figures": []}',
        '{"format": "cytogate.captions", "version": 1, "study": "<b>*x*</b>", "figures": [{"file": 1}]}',
    ],
)
def test_captions_that_are_not_of_this_study_are_refused_and_forgotten_with_force(hostile, tmp_path, content):
    (tmp_path / "captions.json").write_text(content)
    with pytest.raises(StoreError, match=r"captions\.json: this file does not hold captions of this study"):
        write_figures(hostile, tmp_path, only=["patients"])
    assert [place.name for place in tmp_path.iterdir()] == ["captions.json"]
    write_figures(hostile, tmp_path, only=["patients"], force=True)
    assert captioned(tmp_path) == ["patients.svg"]


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("Trend-dn", ["trend-DN"]),
        ("trend switched memory", ["trend-switched_memory"]),
        ("TREND-*", [*NAMES, "trend-helios_treg"]),
        ("dn", ["trend-DN", "change-DN", "before-after-DN"]),
        ("Patients", ["patients"]),
    ],
)
def test_a_figure_is_meant_in_large_and_small_letters_and_by_its_kind_or_subset(hostile, only, names):
    assert [figure.name for figure in chosen(report_figures(hostile), [only])] == names


def test_an_unknown_figure_or_format_names_the_nearest(hostile, tmp_path):
    with pytest.raises(CytogateError, match=r"No figure 'trend-DM'\. Did you mean trend-DN"):
        write_figures(hostile, tmp_path, only=["trend-DM"])
    with pytest.raises(CytogateError, match=r"No figure 'rend'\. Near it: trend-DN, trend-switched_memory, "):
        write_figures(hostile, tmp_path, only=["rend"])
    with pytest.raises(CytogateError, match=r"Unknown format 'jpeg'"):
        write_figures(hostile, tmp_path, kind="jpeg")


def test_a_run_without_figures_says_so(tmp_path):
    with pytest.raises(StoreError, match="nothing to draw"):
        write_figures(empty_run(tmp_path), tmp_path / "out")


def test_without_kaleido_it_says_what_to_install(hostile, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        rendering.importlib.util, "find_spec", lambda name: None if name == "kaleido" else found(name)
    )
    with pytest.raises(StoreError, match=r"pip install 'cytogate\[figures\]'"):
        write_figures(hostile, tmp_path, only=["trend-DN"])


def test_without_a_browser_it_says_what_to_install(hostile, tmp_path, monkeypatch):
    kaleido = pytest.importorskip("kaleido")
    errors = pytest.importorskip("kaleido.errors")

    def none_found(**_more):
        raise errors.ChromeNotFoundError

    monkeypatch.setattr(kaleido, "Kaleido", none_found)
    with pytest.raises(StoreError, match=r"no Chrome or Chromium was found.*BROWSER_PATH"):
        write_figures(hostile, tmp_path, only=["trend-DN"])


def test_a_browser_path_that_is_no_file_is_said(hostile, tmp_path, monkeypatch):
    pytest.importorskip("kaleido")
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    with pytest.raises(StoreError, match=r"BROWSER_PATH: .*none is no file"):
        write_figures(hostile, tmp_path, only=["trend-DN"])


# Captions -------------------------------------------------------------------------------------------------


def test_captions_say_denominator_definition_numbers_and_what_lines_mean(made_run):
    text = captions_markdown(made_run, caption_entries(made_run, trends_of(made_run)[:1], "pdf"))
    assert "File: `trend-DN.pdf`" in text
    assert "DN, as % of B; definition sanz2015/DN: IgD− CD27− among CD19+ B cells" in text
    assert "6 patients, 46 samples." in text
    assert "(responders solid, non-responders dashed)" in text


def test_captions_hold_the_tests_of_their_subset_alone(made_run):
    run = with_comparisons(made_run, p=0.0625, p_floor=0.0625, q=0.2, family="primary", contrast="W24 - W0")
    first, second = trends_of(run)[:2]
    assert (
        "Primary test: DN, W0 to W24, all treated, Wilcoxon signed-rank: n = 5, p = 0.0625 (smallest "
        "possible 0.0625), q = 0.2 in family primary."
        in captions_markdown(run, caption_entries(run, [first], "svg"))
    )
    assert "Wilcoxon" not in captions_markdown(run, caption_entries(run, [second], "svg"))
    (test,) = json.loads(captions_json(run, caption_entries(run, [first], "svg")))["figures"][0]["tests"]
    assert (test["n"], test["p"], test["estimate"], test["note"]) == (5, 0.0625, None, "")


def test_a_caption_names_one_test_and_the_table_holds_all(made_run):
    run = with_comparisons(made_run, p=0.0625, p_floor=0.0625, q=0.2, family="primary")
    more = run.comparisons.assign(test="Friedman", p=0.01, family="", note="=1+1")
    run = replace(run, comparisons=pd.concat([more, run.comparisons], ignore_index=True))
    entries = caption_entries(run, trends_of(run)[:1], "svg")
    text = captions_markdown(run, entries)
    assert text.count("p = ") == 1
    assert "Friedman" not in text
    assert "2 tests and estimates of it: `captions.csv`" in text
    rows = list(csv.DictReader(io.StringIO(captions_table(entries))))
    assert [(row["figure"], row["test"], row["p"]) for row in rows] == [
        ("trend-DN", "Friedman", "0.01"),
        ("trend-DN", "Wilcoxon signed-rank", "0.0625"),
    ]
    assert rows[0]["note"] == "'=1+1"


def test_a_figure_of_several_measures_has_no_one_test():
    row = dict.fromkeys([*TABLES["comparisons"], "unit"]) | {"p": 0.1, "group": "all treated", "family": "f"}
    assert primary_test([row | {"subset": "DN"}, row | {"subset": "SWM"}]) is None
    assert primary_test([row | {"subset": "DN", "family": "", "test": "Friedman"}]) is None
    assert primary_test([row | {"subset": "DN", "test": "any"}])["test"] == "any"


def test_a_test_without_figures_is_its_note():
    row = dict.fromkeys([*TABLES["comparisons"], "unit"]) | {"test": "Page's trend", "note": "one visit"}
    assert comparison_sentence(row) == "Page's trend: one visit"


def test_captions_hold_no_markup_of_the_data(hostile):
    run = with_comparisons(hostile, note="<script>alert(1)</script> **x**")
    figures = report_figures(run)
    text = captions_markdown(run, caption_entries(run, figures, "svg"))
    assert "<" not in text
    assert not re.search(r"(?<!\\)\*", text)
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert re.search(r"(?<!\\)\]\(", text) is None
    assert "# Figures of &lt;b&gt;\\*x\\*&lt;/b&gt;" in text
    titles = [
        entry["title"]
        for entry in json.loads(captions_json(run, caption_entries(run, figures, "svg")))["figures"]
    ]
    assert any("<img src=x onerror=alert(1)>" in title for title in titles)
