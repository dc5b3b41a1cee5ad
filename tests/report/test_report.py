"""The page as a file: complete, safe whatever the names are, for no sample, one, and three hundred."""

from __future__ import annotations

import base64
import csv
import dataclasses
import gzip
import hashlib
import io
import json
import re
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from lxml import html
from report.synthetic import MadeRun, empty_run, make_run

from cytogate.report import facts, write_report
from cytogate.report.page import json_block, page_html
from cytogate.report.section import section_kinds
from cytogate.report.sections.gating import Entry, choose, strips
from cytogate.report.sections.values import csv_text

if TYPE_CHECKING:
    from pathlib import Path

SECTIONS = ["overview", "trends", "patients", "gating", "failures", "values"]
TRENDS = '//section[@id="trends"]'
HOSTILE = [
    "</script><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "=1+1",
    "{{ 7*7 }}",
    "a&amp;b",
]


def parsed(text: str) -> html.HtmlElement:
    return html.document_fromstring(text)


def section_text(page: html.HtmlElement, key: str) -> str:
    return " ".join(page.get_element_by_id(key).text_content().split())


def packed(page: html.HtmlElement, key: str) -> str:
    (element,) = page.xpath(f'//script[@data-packed="{key}"]')
    return gzip.decompress(base64.b64decode(element.text)).decode("utf-8")


@pytest.fixture(scope="module")
def page(report_file: Path) -> html.HtmlElement:
    return parsed(report_file.read_text(encoding="utf-8"))


# What it says ---------------------------------------------------------------------------------------------


def test_sections_come_in_their_order(page: html.HtmlElement) -> None:
    keys = [section.get("id") for section in page.xpath("//main/section")]

    assert [key for key in keys if key in SECTIONS] == SECTIONS
    assert [link.get("href") for link in page.xpath("//nav//a")] == [f"#{key}" for key in keys]


def test_each_section_is_a_file_found_by_the_registry() -> None:
    assert set(SECTIONS) <= set(section_kinds.names())


def test_overview_says_samples_failures_and_responders(page: html.HtmlElement) -> None:
    said = section_text(page, "overview")

    assert "46 of 47 samples gated, 1 failed; 6 patients, 8 visits from W0 to W24." in said
    assert "5 of 6 responded (83 %, 95 % CI 35.9 to 99.6)" in said


def test_overview_gives_direction_without_judging_it(page: html.HtmlElement) -> None:
    rows = {row[0].text_content(): row.text_content() for row in page.xpath('//table[@class="key"]/tbody/tr')}

    assert "↓ in 5 of 5" in rows["DN"]
    assert "↑ in 5 of 5" in rows["transitional"]
    assert not re.search(r"improv|worse|better", section_text(page, "overview"))


def test_each_row_says_how_many_responders_have_both_values(made_run: MadeRun) -> None:
    rows = made_run.subsets
    first = (rows["subject"] == "P01") & (rows["visit"] == "W0") & (rows["subset"] == "DN")
    none = (rows["visit"] == "W24") & (rows["subset"] == "transitional")
    page = parsed(page_html(dataclasses.replace(made_run, subsets=rows[~(first | none)])))

    table = page.xpath('//table[@class="key"]')[0]
    place = [head.text_content() for head in table.xpath("./thead/tr/th")].index("n")
    found = {row[0].text_content(): row[place].text_content() for row in table.xpath("./tbody/tr")}
    assert "n = 5" in section_text(page, "overview")
    assert (found["DN"], found["switched memory"], found["transitional"]) == ("4", "5", "0")


def test_trend_captions_name_denominator_definition_and_interval(page: html.HtmlElement) -> None:
    caption = " ".join(page.xpath(TRENDS + "//figcaption")[0].text_content().split())

    assert "DN, as % of B; definition sanz2015/DN" in caption
    assert "Intervals: Wilson, 95 %, counting error only. Upright lines show them; patients" in caption


def test_trend_captions_say_where_intervals_hold_the_uncertainty_of_fitted_gates(made_run: MadeRun) -> None:
    values = made_run.subsets
    fitted = values["subset"] == "DN"
    wide = values.assign(
        gate_ci_low=(values["ci_low"] - 1).where(fitted, values["ci_low"]),
        gate_ci_high=(values["ci_high"] + 1).where(fitted, values["ci_high"]),
    )
    captions = [
        " ".join(caption.text_content().split())
        for caption in parsed(page_html(dataclasses.replace(made_run, subsets=wide))).xpath(
            TRENDS + "//figcaption"
        )
    ]
    named = [
        "Intervals: 95 %, counting error and the uncertainty of the fitted gates." in c for c in captions
    ]

    assert named[:5] == [True, False, False, False, False]
    assert sum("Intervals: Wilson, 95 %, counting error only." in caption for caption in captions) == 4


def test_every_trend_has_a_place_and_a_figure(page: html.HtmlElement) -> None:
    content = json.loads(packed(page, "figures"))
    places = page.xpath("//@data-figure")

    assert len(page.xpath(TRENDS + "//@data-figure")) == 5
    assert len(places) == len(set(places))
    assert set(places) == set(content["figures"])
    assert all("template" not in figure["layout"] for figure in content["figures"].values())


def test_figures_hold_the_values_of_the_table(page: html.HtmlElement, made_run: MadeRun) -> None:
    content = json.loads(packed(page, "figures"))
    rows = made_run.subsets
    expected = rows[(rows["subset"] == "DN") & (rows["subject"] == "P01")].sort_values("week")["percent"]

    assert content["figures"]["trend-0"]["data"][0]["y"] == pytest.approx(expected.tolist())


def test_flags_are_said_in_words(page: html.HtmlElement) -> None:
    said = section_text(page, "values")

    assert "fewer than 50 events: present, size uncertain" in said
    assert "below_lloq" not in said


def test_failure_says_file_what_and_what_to_do(page: html.HtmlElement) -> None:
    said = section_text(page, "failures")

    assert "fcs/P04-W12.fcs, DATA at byte 3204" in said
    assert "found 1,204,224 bytes; expected 3,600,000 bytes" in said
    assert "Copy the file again from the cytometer." in said


def test_no_failure_is_said_plainly(tmp_path: Path) -> None:
    made = make_run(tmp_path, n_subjects=2, weeks=(0, 4), n_previews=0, failing=False)

    page = parsed(page_html(made))

    assert "None: every sample of the run was read and gated." in section_text(page, "failures")
    assert "none failed" in section_text(page, "overview")


def test_response_that_nobody_judged_is_not_claimed(tmp_path: Path) -> None:
    made = make_run(tmp_path, n_subjects=3, weeks=(0, 4), n_previews=0)
    manifest = {**made.manifest, "response": None}

    said = section_text(parsed(page_html(dataclasses.replace(made, manifest=manifest))), "overview")

    assert "responded" not in said
    assert "in patients" in said


def flagged(made: MadeRun, flag: str, **where: str) -> MadeRun:
    """Return the run with a flag on the values of that subset, subject or visit, and all others ok."""
    rows = made.subsets.copy()
    chosen = pd.Series(data=True, index=rows.index)
    for column, value in where.items():
        chosen &= rows[column] == value
    rows["flag"] = rows["flag"].where(rows["flag"] == "failed", "ok")
    rows.loc[chosen & (rows["flag"] == "ok"), "flag"] = flag
    return dataclasses.replace(made, subsets=rows)


@pytest.mark.parametrize("flag", ["below_lod", "below_lloq", "few_parent"])
def test_no_direction_is_stated_of_values_that_are_not_quantitative(made_run: MadeRun, flag: str) -> None:
    page = parsed(page_html(flagged(made_run, flag, subset="DN", visit="W24", subject="P01")))

    lead = " ".join(page.xpath('//p[@class="lead"]')[0].text_content().split())
    (row,) = page.xpath('//table[@class="key"]/tbody/tr[th="DN"]')
    assert "with both values: switched memory and activated naive fell; transitional" in lead
    assert "No direction is stated where values are below the limits: DN (1 of 10)." in lead
    assert "1 of 10 values below the limits" in row.text_content()
    assert "(fewer than 50 events, or fewer than 100 in the denominator)" in section_text(page, "overview")


def test_flag_between_the_two_visits_or_of_a_non_responder_hides_no_direction(made_run: MadeRun) -> None:
    for where in ({"subject": "P01", "visit": "W8"}, {"subject": "P06", "visit": "W24"}):
        page = parsed(page_html(flagged(made_run, "few_parent", subset="DN", **where)))

        assert "with both values: DN, switched memory" in section_text(page, "overview")
        assert "No direction" not in section_text(page, "overview")


def test_footnote_says_that_the_median_change_is_of_paired_changes(page: html.HtmlElement) -> None:
    assert "the median of the changes of each patient (paired), not the difference" in section_text(
        page, "overview"
    )


def test_open_symbols_are_explained_in_intro_captions_and_patients(made_run: MadeRun) -> None:
    page = parsed(page_html(flagged(made_run, "few_parent", subset="DN", subject="P01")))

    limits = "fewer than 50 events, or fewer than 100 in the denominator"
    captions = [" ".join(caption.text_content().split()) for caption in page.xpath(TRENDS + "//figcaption")]
    assert f"Open symbols are not quantitative: {limits}." in section_text(page, "trends")
    assert f"not quantitative ({limits})" in section_text(page, "patients")
    assert "47 samples" not in captions[0]
    assert "46 samples. Open symbols: 8 with fewer than 100 events in the denominator." in captions[0]
    assert "Open symbols" not in captions[1]


def test_dotted_lines_are_explained_only_where_they_occur(made_run: MadeRun, page: html.HtmlElement) -> None:
    def said(answers: dict[str, Any]) -> str:
        manifest = {**made_run.manifest, "response": {"subjects": answers}}
        return section_text(parsed(page_html(dataclasses.replace(made_run, manifest=manifest))), "trends")

    known = {f"P0{i}": {"responder": i < 6} for i in range(1, 7)}
    assert "dotted" not in section_text(page, "trends")
    assert "dashed; dotted where the response is not known." in said(known | {"P03": {"responder": None}})
    assert "All lines are dotted: the response of the patients is not known." in said({})


def test_failure_without_advice_says_to_run_again(made_run: MadeRun) -> None:
    failures = made_run.failures.assign(fix="")

    said = section_text(parsed(page_html(dataclasses.replace(made_run, failures=failures))), "failures")

    assert "run again: only what has changed is gated." in said
    assert "kept" not in said


def test_each_trend_has_a_picture_for_paper_that_needs_no_script(
    page: html.HtmlElement, made_run: MadeRun
) -> None:
    pictures = page.xpath(TRENDS + '//div[@class="printed"]/*[@class="trend"]')
    marks = pictures[0].xpath('.//*[@class="mark"]')

    values = made_run.subsets[made_run.subsets["subset"] == "DN"]["percent"].notna().sum()
    assert len(pictures) == 5
    assert len(marks) == values == 46


def test_change_counts_only_patients_with_both_values(made_run: MadeRun) -> None:
    rows = made_run.subsets
    kept = rows[~((rows["subject"] == "P01") & (rows["visit"] == "W24"))]

    page = parsed(page_html(dataclasses.replace(made_run, subsets=kept)))

    (row,) = page.xpath('//table[@class="key"]/tbody/tr[th="DN"]')
    assert "↓ in 4 of 4" in row.text_content()


def test_reasons_of_the_response_are_given_patient_by_patient(made_run: MadeRun) -> None:
    answers = {"P10": {"responder": None, "reasons": ["no week 24"]}}
    answers["P2"] = {"responder": True, "reasons": ["SLEDAI 12 to 4", "PGA 2 to 0.8"]}
    manifest = {
        **made_run.manifest,
        "response": {"rule": "sri4", "profile": "kamen2022", "subjects": answers},
    }

    page = parsed(page_html(dataclasses.replace(made_run, manifest=manifest)))

    rows = [row.text_content() for row in page.xpath('//table[thead//th="Why"]/tbody/tr')]
    assert rows == ["P2responderSLEDAI 12 to 4PGA 2 to 0.8", "P10response not knownno week 24"]
    assert "1 of 1 responded" in section_text(page, "overview")
    assert "Not judged: P10." in section_text(page, "overview")


def test_each_warning_is_given_once_with_its_samples(made_run: MadeRun) -> None:
    warnings = ["margin events\ntime jumps", "margin events", *[""] * (len(made_run.samples) - 2)]
    samples = made_run.samples.assign(warnings=warnings)

    page = parsed(page_html(dataclasses.replace(made_run, samples=samples)))

    lines = [" ".join(item.text_content().split()) for item in page.xpath('//ul[@class="remarks"]/li')]
    assert lines == ["margin events P01-W0, P01-W1", "time jumps P01-W0"]
    (title,) = page.xpath('//details[ul[@class="remarks"]]/summary')
    assert title.text_content() == "2 warnings and notes on what was read and how gates were placed"


def test_controls_are_no_samples_and_are_not_asked_for_pictures(made_run: MadeRun) -> None:
    control = made_run.samples.iloc[:1].assign(sample="FMO-CD27", role="fmo", status="not_gated")
    samples = pd.concat([made_run.samples.assign(status="ok"), control])

    page = parsed(page_html(dataclasses.replace(made_run, samples=samples)))

    assert "46 of 47 samples gated" in section_text(page, "overview")
    assert not page.xpath('//option[contains(., "FMO")]')


# Safety ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> html.HtmlElement:
    made = make_run(
        tmp_path_factory.mktemp("hostile"), subjects=HOSTILE, weeks=(0, 4), n_previews=3, name=HOSTILE[0]
    )
    manifest = made.manifest
    manifest["definitions"]["DN"] |= {"text": HOSTILE[1], "citation": HOSTILE[0], "of": HOSTILE[0]}
    manifest["versions"][HOSTILE[0]] = HOSTILE[1]
    failure = dict.fromkeys(made.failures.columns, HOSTILE[0])
    failures = pd.DataFrame([failure | {"fix": HOSTILE[1]}])
    return parsed(page_html(dataclasses.replace(made, failures=failures)))


def test_hostile_names_add_no_element_and_no_handler(hostile_page: html.HtmlElement) -> None:
    scripts = hostile_page.xpath("//script")

    assert [s for s in scripts if s.get("type") is None] == [scripts[-1]]
    assert not [a for a in hostile_page.xpath("//@*") if a.attrname.startswith("on")]
    assert not hostile_page.xpath('//img | //*[@src] | //*[starts-with(@href, "javascript")]')


def test_hostile_names_are_shown_as_they_are(hostile_page: html.HtmlElement) -> None:
    assert hostile_page.xpath("//h1")[0].text_content() == HOSTILE[0]
    subjects = {
        button.get("data-subject") for button in hostile_page.xpath('//*[@class="patient-key"]/button')
    }
    assert subjects == set(HOSTILE)


def test_hostile_names_survive_in_json_and_in_packed_strips(hostile_page: html.HtmlElement) -> None:
    content = json.loads(packed(hostile_page, "figures"))
    metas = {trace["meta"] for trace in content["figures"]["trend-0"]["data"]}

    assert metas == set(HOSTILE)
    fragment = html.fragment_fromstring(packed(hostile_page, "sample-1"), create_parent=True)
    assert not fragment.xpath("//script | //img")


def test_json_holds_no_closing_tag() -> None:
    assert "<" not in json_block({"a": "</script><!--", "b": ["\u2028"]})
    assert json.loads(json_block({"a": "</script>"})) == {"a": "</script>"}


def test_csv_neutralises_formulas_and_keeps_numbers() -> None:
    table = pd.DataFrame({"subject": ["=1+1", "@x", "-P1", "P2"], "percent": [-1.5, 2.0, None, 0.25]})

    rows = list(csv.reader(io.StringIO(csv_text(table))))

    assert [row[0] for row in rows[1:]] == ["'=1+1", "'@x", "'-P1", "P2"]
    assert [row[1] for row in rows[1:]] == ["-1.5", "2.0", "", "0.25"]


def test_csv_of_the_page_has_all_rows_and_columns(page: html.HtmlElement, made_run: MadeRun) -> None:
    rows = list(csv.reader(io.StringIO(packed(page, "subsets-csv"))))

    assert rows[0] == list(made_run.subsets.columns)
    assert len(rows) == 1 + len(made_run.subsets)


def test_page_asks_for_nothing_from_outside(page: html.HtmlElement) -> None:
    addresses = page.xpath("//@src | //@href | //@action | //@data | //@poster | //@srcset")

    assert addresses
    assert all(str(address).startswith(("#", "data:image/png;base64,")) for address in addresses)
    assert not page.xpath("//link | //iframe | //object | //embed | //base")
    assert not re.search(r"@import|url\(", page.xpath("//style")[0].text)


def test_policy_names_the_only_script_by_its_hash(page: html.HtmlElement) -> None:
    (policy,) = page.xpath('//meta[@http-equiv="Content-Security-Policy"]/@content')
    (script,) = page.xpath("//script[not(@type)]")
    digest = base64.b64encode(hashlib.sha256(script.text.encode("utf-8")).digest()).decode()

    assert f"script-src 'sha256-{digest}' blob:" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe-eval" not in policy


# Size, extremes, files ------------------------------------------------------------------------------------


def test_empty_run_makes_a_page_that_says_so(tmp_path: Path) -> None:
    page = parsed(write_report(empty_run(tmp_path), tmp_path / "r.html").read_text(encoding="utf-8"))

    assert "This run holds no samples." in section_text(page, "overview")
    shown = [section.get("id") for section in page.xpath("//main/section")]
    assert [key for key in SECTIONS if key in shown] == ["overview", "failures"]
    assert not page.xpath('//script[@data-packed="plotly"]')


def test_one_sample_makes_a_page(tmp_path: Path) -> None:
    made = make_run(tmp_path, n_subjects=1, weeks=(0,), failing=False)

    page = parsed(page_html(made))

    assert "1 of 1 sample gated, none failed; 1 patient, 1 visit." in section_text(page, "overview")
    assert len(page.xpath('//section[@id="gating"]//*[local-name()="svg"]')) == 4


def test_run_in_which_everything_failed_makes_a_page(made_run: MadeRun) -> None:
    bad = pd.concat([made_run.failures.assign(sample=name) for name in made_run.samples["sample"]])
    none = made_run.subsets.assign(percent=None, count=pd.NA, denominator_count=pd.NA, flag="failed")

    said = section_text(
        parsed(page_html(dataclasses.replace(made_run, failures=bad, subsets=none))), "overview"
    )

    assert "0 of 47 samples gated, 47 failed" in said
    assert "no patient has a value at both visits" in said


def test_three_hundred_samples_stay_small_and_quick(tmp_path: Path) -> None:
    made = make_run(tmp_path, n_subjects=38, n_previews=300)
    began = time.process_time()

    target = write_report(made, tmp_path / "report.html")

    seconds = time.process_time() - began
    assert len(made.samples) >= 300
    assert seconds < 30
    assert target.stat().st_size < 12_000_000


def test_same_run_makes_the_same_bytes(made_run: MadeRun) -> None:
    assert page_html(made_run) == page_html(made_run)


def test_report_replaces_the_old_one_and_leaves_no_other_file(made_run: MadeRun, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")

    assert write_report(made_run, str(target)) == target
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_broken_run_leaves_the_old_report(made_run: MadeRun, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")
    broken = dataclasses.replace(made_run, failures=pd.DataFrame({"no": [1]}))

    with pytest.raises(KeyError, match="sample"):
        write_report(broken, target)

    assert target.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


# Which pictures, and in what order ------------------------------------------------------------------------


def entries(n_subjects: int, n_visits: int) -> list[Entry]:
    return [
        Entry(f"s{i}-{w}", f"P{i}", f"W{w}", float(w), "b")
        for i in range(n_subjects)
        for w in range(n_visits)
    ]


def test_all_samples_are_shown_while_their_pictures_are_small() -> None:
    assert len(choose(entries(30, 8), 770_000)) == 240


def test_large_studies_show_first_and_last_visit_of_patients_spread_evenly() -> None:
    chosen = choose(entries(50, 8), 24_000_000)

    assert len(chosen) == 20  # 400 tubes have room for 1.3 MB, each takes 60 kB
    assert {entry.visit for entry in chosen} == {"W0", "W7"}
    assert [entry.subject for entry in chosen[::2]] == [f"P{i * 5}" for i in range(10)]


def test_flagged_samples_come_first_and_representative_ones_get_the_room_they_leave() -> None:
    flagged = ["s7-3", "gone", "s1-2", "s40-5"]
    chosen = choose(entries(50, 8), 24_000_000, flagged)

    assert len(chosen) == 3 + 2 * 9
    assert {"s7-3", "s1-2", "s40-5"} <= {entry.sample for entry in chosen}
    assert {entry.visit for entry in chosen if entry.sample not in flagged} == {"W0", "W7"}
    assert [entry.sample for entry in choose(entries(50, 8), 10**9, flagged)] == ["s1-2", "s7-3"]


def test_page_says_when_only_some_samples_are_shown(
    made_run: MadeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cytogate.report.sections.gating.PICTURE_BYTES", 1)

    page = parsed(page_html(made_run))

    said = "2 of 6 samples are included: first and last visit of patients spread over the study; the folder"
    assert said in section_text(page, "gating")
    assert len(page.xpath('//select[@id="sample-select"]//option')) == 2


def test_samples_with_gates_to_look_at_are_shown_first(
    made_run: MadeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cytogate.report.sections.gating.PICTURE_BYTES", 1)
    rows = [("P01-W4", 0.5), ("P01-W1", 0.29), ("P01-W8", 0.9), ("P01-W4", 0.7), ("P01-W12", 0.6)]
    triage = pd.DataFrame(rows, columns=["sample", "score"]).assign(gate="/B", reasons="far", rank=1)
    triage = triage.assign(subject="P01", visit="W", panel="b", parent_count=100)

    page = parsed(page_html(dataclasses.replace(made_run, triage=triage)))

    options = page.xpath('//select[@id="sample-select"]//option/@data-sample')
    assert options == ["P01-W4", "P01-W8"]
    said = "2 of 6 samples are included: 2 of 3 with gates to look at, the oddest first; the folder"
    assert said in section_text(page, "gating")


def plot(parent: str, *populations: str) -> dict[str, Any]:
    return {"parent": parent, "gates": [{"population": population} for population in populations]}


def test_strip_goes_on_from_parent_to_child_and_branches_follow() -> None:
    plots = [
        plot("", "/S"),
        plot("/S", "/S/T", "/S/B"),
        plot("/S/T", "/S/T/CD4"),
        plot("/S/B", "/S/B/DN", "/S/B/N"),
    ]
    plots += [plot("/S/B/N", "/S/B/N/aNAV")]

    ordered = [(strip.origin, [p["parent"] for p in strip.plots]) for strip in strips(plots)]

    assert ordered == [("", ["", "/S", "/S/B", "/S/B/N"]), ("/S/T", ["/S/T"])]


def test_every_plot_is_in_exactly_one_strip() -> None:
    plots = [
        plot("", "/A"),
        plot("/A", "/A/B"),
        plot("/A", "/A/C"),
        plot("/A/C", "/A/C/D"),
        plot("/X", "/X/Y"),
    ]

    shown = [id(p) for strip in strips(plots) for p in strip.plots]

    assert sorted(shown) == sorted(id(p) for p in plots)


def test_subjects_of_controls_are_no_patients():
    samples = pd.DataFrame({"sample": ["a", "b"], "subject": ["P1", "CTRL"], "role": ["sample", "bridge"]})
    run = SimpleNamespace(samples=samples, subsets=pd.DataFrame({"subject": ["P1"]}))
    assert facts.subjects(run) == ("P1",)
