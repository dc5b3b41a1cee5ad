"""Many files of which a few are malformed: these fail, each with its code, and no other."""

from __future__ import annotations

import json

import pytest
from fcs.corpus import CASES

from cytogate.cli.main import run
from cytogate.errors import FcsError
from cytogate.fcs.read import read_fcs
from cytogate.study.run_folder.run import open_run

REFUSED = [case for case in CASES if case.answers() and all(word.startswith("!") for word in case.answers())]


def study_of(trial, n_files: int, n_malformed: int) -> dict[str, str]:
    """Write a study of so many tubes, some of them from the corpus; return sample -> code of these."""
    every = n_files // n_malformed
    content = [(trial.folder / "fcs" / f"P1_W{week}.fcs").read_bytes() for week in (0, 4)]
    step = max(1, len(REFUSED) // n_malformed)
    malformed = iter(REFUSED[::step])
    rows, codes = [], {}
    for number in range(n_files):
        subject, visit = f"P{number // 2}", f"W{4 * (number % 2)}"
        sample, place = f"{subject}_{visit}", trial.folder / "fcs" / f"n{number}.fcs"
        place.write_bytes(content[number % 2])
        if number % every == every // 2:
            next(malformed).write(trial.folder / "fcs").replace(place)
            with pytest.raises(FcsError) as caught:
                read_fcs(place)
            codes[sample] = caught.value.code
        rows.append(f"fcs/n{number}.fcs,{sample},{subject},{visit},{4 * (number % 2)},b,batch1,sample,")
    trial.sheet(*rows)
    plain = trial.study.read_text().replace("clinical: clinical.csv\n", "")
    trial.write("study.yaml", "\n".join(line for line in plain.splitlines() if "response" not in line) + "\n")
    return codes


def check_run(trial, n_files: int, codes: dict[str, str], *words: str) -> None:
    assert run(["run", str(trial.study), "--out", str(trial.out), "-q", *words]) == 1
    found = open_run(trial.out)
    assert dict(zip(found.failures["sample"], found.failures["code"], strict=True)) == codes
    gated = found.subsets[found.subsets["flag"] != "failed"]
    assert len(gated) == n_files - len(codes)
    assert gated.groupby("visit")["count"].nunique().eq(1).all()  # the same two files: the same counts
    failures = json.loads((trial.out / "failures.json").read_text())
    page = (trial.out / "report.html").read_text()
    for entry in failures:
        assert entry["file"] in entry["message"]
        assert entry["code"] in page
        assert entry["file"] in page


def test_of_forty_files_the_two_malformed_ones_fail_and_no_other(trial):
    codes = study_of(trial, 40, 2)
    assert len(codes) == 2
    check_run(trial, 40, codes, "--executor", "serial")


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_of_five_hundred_files_the_malformed_ones_fail_and_no_other(trial):
    codes = study_of(trial, 500, 25)
    assert len(codes) == 25
    assert len(set(codes.values())) > 5
    check_run(trial, 500, codes, "--workers", "2")
