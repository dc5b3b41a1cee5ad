"""The report of a run that was really gated: four tubes of one patient of the sample trial."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lxml import html

from cytogate.report import write_report
from cytogate.study.run_study import run_study

TRIAL = Path(__file__).parents[2] / "sample_fcs"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample trial, cut down to the first and last visit of its first patient."""
    if not (TRIAL / "study.yaml").is_file():
        pytest.skip(f"no sample trial in {TRIAL}")
    folder = tmp_path_factory.mktemp("study")
    for name in ("study.yaml", "clinical.csv", "analytes.csv"):
        shutil.copy(TRIAL / name, folder)
    head, *rows = (TRIAL / "samples.csv").read_text(encoding="utf-8").splitlines()
    subject = rows[0].split(",")[2]
    kept = [row for row in rows if row.split(",")[2:4] in ([subject, "W0"], [subject, "W24"])]
    (folder / "samples.csv").write_text("\n".join([head, *kept, ""]), encoding="utf-8")
    for row in kept:
        target = folder / row.split(",")[0]
        target.parent.mkdir(exist_ok=True)
        shutil.copy(TRIAL / row.split(",")[0], target)
    return folder / "study.yaml"


def test_report_of_a_gated_study_shows_its_percents_and_gates(study: Path, tmp_path: Path) -> None:
    run = run_study(study, tmp_path / "run", workers=1, executor="serial")

    page = html.document_fromstring(write_report(run, tmp_path / "report.html").read_text(encoding="utf-8"))

    assert len(run.samples) == 4
    for key in ("trends", "patients", "gating", "values"):
        assert page.get_element_by_id(key) is not None
    assert "4 of 4 samples gated, none failed" in " ".join(
        page.get_element_by_id("overview").text_content().split()
    )
    plots = run.previews(str(run.samples["sample"].iloc[0]))
    drawn = page.xpath('//*[@id="sample-view"]//*[contains(@class, "gate-plot")]')
    assert len(drawn) == len(plots) > 5
    shown = {text.text_content() for text in page.xpath('//*[@id="sample-view"]//*[local-name()="text"]')}
    names = {gate["name"] for plot in plots for gate in plot["gates"]}
    assert {name for name in names if len(name) <= 20} <= shown
