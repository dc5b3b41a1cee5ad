"""The sample sheet: every cell checked, all problems with row and column."""

from __future__ import annotations

import os

import pytest

from cytogate.study.sheets.sheet import read_sheet


def read(trial, *rows: str, **more):
    place = trial.sheet(*rows, **more)
    return read_sheet(place, data_root=trial.folder, panels=["b"])


def texts(problems) -> list[str]:
    return [str(problem) for problem in problems]


def test_rows_keep_ids_verbatim_and_weeks_become_numbers(trial):
    trial.tube("a.fcs")
    rows, problems, warnings = read(trial, "fcs/a.fcs,007,0042,W1.5,1.5,b,2024-01,sample,")
    assert not problems
    assert not warnings
    assert (rows[0].sample, rows[0].subject, rows[0].week, rows[0].batch) == ("007", "0042", 1.5, "2024-01")
    assert rows[0].path == str((trial.folder / "fcs" / "a.fcs").resolve())


def test_a_tube_of_another_row_is_not_proposed_for_one_that_is_missing(trial):
    trial.tube("T9_D0.fcs")
    last = "fcs/T9_D0.fcs,t,P5,W0,0,b,,sample,"
    _, problems, _ = read(trial, "fcs/T8_D0.fcs,s,P2,W0,0,b,,sample,", last.replace("/", "\\", 1))
    assert len(problems) == 1
    assert "not found: fcs/T8_D0.fcs" in str(problems[0])
    assert "Did you mean" not in str(problems[0])
    _, problems, _ = read(trial, "fcs/T8_D0.fcs,s,P2,W0,0,b,,sample,")
    assert "Did you mean T9_D0.fcs?" in str(problems[0])


@pytest.mark.skipif(os.name == "nt", reason="links need leave there")
def test_a_link_to_nothing_says_where_it_leads(trial):
    place = trial.tube("P1_W9.fcs")
    place.unlink()
    place.symlink_to("moved.fcs")
    _, problems, _ = read(trial, "fcs/P1_W9.fcs,s,P1,W9,9,b,,sample,")
    assert "'fcs/P1_W9.fcs' is a link to moved.fcs, where no file is" in str(problems[0])


def test_columns_that_may_be_left_out(trial):
    rows, problems, _ = read(
        trial, "fcs/P1_W0.fcs,s,P1,W0,0,b", header="file,sample,subject,visit,week,panel"
    )
    assert not problems
    assert (rows[0].role, rows[0].batch, rows[0].control_for) == ("sample", "", "")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("fcs/no.fcs,s,P1,W0,0,b,,sample,", "row 2, column file: not found: fcs/no.fcs"),
        ("fcs/P1_W0.fc,s,P1,W0,0,b,,sample,", "Did you mean P1_W0.fcs?"),
        ("../x.fcs,s,P1,W0,0,b,,sample,", "row 2, column file: '../x.fcs' leaves the data root by '..'"),
        ("fcs/../../x.fcs,s,P1,W0,0,b,,sample,", "leaves the data root by '..'"),
        ("..\\x.fcs,s,P1,W0,0,b,,sample,", "leaves the data root by '..'"),
        ("/etc/passwd,s,P1,W0,0,b,,sample,", "'/etc/passwd' is an absolute path"),
        ("C:\\x.fcs,s,P1,W0,0,b,,sample,", "is an absolute path"),
        ("\\\\host\\x.fcs,s,P1,W0,0,b,,sample,", "is an absolute path"),
        ("https://host/x.fcs,s,P1,W0,0,b,,sample,", "'https://host/x.fcs' is a URL"),
        ("fcs,s,P1,W0,0,b,,sample,", "'fcs' is a folder"),
        (",s,P1,W0,0,b,,sample,", "row 2, column file: is empty"),
        ("fcs/P1_W0.fcs,,P1,W0,0,b,,sample,", "row 2, column sample: is empty"),
        ("fcs/P1_W0.fcs,s ,P1,W0,0,b,,sample,", "column sample: 's ' has blanks around it"),
        ("fcs/P1_W0.fcs,s,,W0,0,b,,sample,", "column subject: is empty"),
        ("fcs/P1_W0.fcs,s,P1,W0,zero,b,,sample,", "row 2, column week: 'zero' is not a number"),
        (
            'fcs/P1_W0.fcs,s,P1,W0,"1,5",b,,sample,',
            "'1,5' is not a number (write a decimal point, not a comma)",
        ),
        ("fcs/P1_W0.fcs,s,P1,W0,inf,b,,sample,", "'inf' is not a finite number"),
        ("fcs/P1_W0.fcs,s,P1,W0,,b,,sample,", "column week: is empty"),
        ("fcs/P1_W0.fcs,s,P1,W0,0,c,,sample,", "row 2, column panel: unknown panel 'c'"),
        (
            "fcs/P1_W0.fcs,s,P1,W0,0,b,,smaple,",
            "row 2, column role: unknown role 'smaple'. Did you mean sample",
        ),
        (
            "fcs/P1_W0.fcs,s,P1,W0,0,b,,unstained,P9",
            "column control_for: 'P9' is no sample, batch, subject or panel",
        ),
        (f"fcs/P1_W0.fcs,{'s' * 300},P1,W0,0,b,,sample,", "is 300 characters long"),
        ("fcs/P1_W0.fcs,s\u202e,P1,W0,0,b,,sample,", "holds characters that cannot be printed"),
    ],
)
def test_a_wrong_cell_is_named_with_row_and_column(trial, row, message):
    _, problems, _ = read(trial, row)
    assert len(problems) == 1, texts(problems)
    assert message in str(problems[0])
    assert problems[0].location.startswith("samples.csv row 2, column ")


def test_all_problems_are_listed_in_the_order_of_the_rows(trial):
    _, problems, _ = read(
        trial,
        "fcs/P1_W0.fcs,s1,P1,W0,0,b,,sample,",
        "fcs/P1_W0.fcs,s2,P1,W4,0,b,,sample,",
        "fcs/P1_W4.fcs,s1,P2,W0,x,b,,sample,",
        "fcs/P2_W0.fcs,s3,P1,W0,0,b,,sample,",
        "no,s3,,W0,y,c,,smaple,",
    )
    found = [(p.location.removeprefix("samples.csv "), p.code) for p in problems]
    assert found == [
        ("row 3, column file", "file-twice"),
        ("row 4, column week", "number-wrong"),
        ("row 4, column sample", "sample-twice"),
        ("row 5, column visit", "visit-twice"),
        ("row 6, column role", "role-unknown"),
        ("row 6, column subject", "id-wrong"),
        ("row 6, column panel", "panel-unknown"),
        ("row 6, column week", "number-wrong"),
        ("row 6, column file", "file-missing"),
        ("row 6, column sample", "sample-twice"),
    ]


def test_similar_names_are_looked_for_of_the_first_missing_files_only(trial, monkeypatch):
    monkeypatch.setattr("cytogate.study.sheets.sheet.MOST_HINTS", 2)
    _, problems, _ = read(trial, *[f"fcs/P1_W{n}.fc,s{n},P{n},W0,0,b,,sample," for n in range(4)])
    assert [bool(problem.fix) for problem in problems] == [True, True, False, False]


def test_a_link_out_of_the_data_root_is_refused(trial, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "x.fcs"
    outside.write_bytes(b"x")
    (trial.folder / "link.fcs").symlink_to(outside)
    _, problems, _ = read(trial, "link.fcs,s,P1,W0,0,b,,sample,")
    assert "outside the data root" in str(problems[0])


def test_a_pipe_is_refused_without_opening_it(trial):
    os.mkfifo(trial.folder / "pipe.fcs")
    _, problems, _ = read(trial, "pipe.fcs,s,P1,W0,0,b,,sample,")
    assert "is not a regular file" in str(problems[0])


def test_a_loop_of_links_is_a_problem_not_a_crash(trial):
    (trial.folder / "a").symlink_to(trial.folder / "b")
    (trial.folder / "b").symlink_to(trial.folder / "a")
    _, problems, _ = read(trial, "a,s,P1,W0,0,b,,sample,")
    assert len(problems) == 1


def test_backslashes_of_windows_sheets_find_the_file(trial):
    rows, problems, _ = read(trial, "fcs\\P1_W0.fcs,s,P1,W0,0,b,,sample,")
    assert not problems
    assert rows[0].path.endswith("P1_W0.fcs")


def test_controls_need_no_visit_and_name_what_they_are_for(trial):
    rows, problems, _ = read(
        trial,
        "fcs/P1_W0.fcs,s,P1,W0,0,b,batch1,sample,",
        "fcs/P1_W4.fcs,fmo1,,,,b,batch1,fmo,batch1",
        "fcs/P2_W0.fcs,cd19,,,,b,batch1,single_stain,B530-A",
        "fcs/P2_W4.fcs,fmo2,,,,b,batch1,fmo,CD27",
    )
    assert not problems
    assert [(row.role, row.week) for row in rows] == [
        ("sample", 0.0),
        ("fmo", None),
        ("single_stain", None),
        ("fmo", None),
    ]


def test_a_sheet_without_rows_says_so(trial):
    trial.write("samples.csv", "file,sample,subject,visit,week,panel\n")
    _, problems, _ = read_sheet(trial.folder / "samples.csv", data_root=trial.folder, panels=["b"])
    assert "names no samples" in str(problems[0])


@pytest.mark.parametrize(
    ("batch", "role", "code"),
    [
        ("batch1", "sample", "visit-twice"),
        ("batch2", "sample", "visit-repeated"),
        ("batch1", "bridge", None),
        ("batch1", "fmo", None),
    ],
)
def test_a_second_tube_of_a_visit_is_a_problem_unless_its_batch_differs(trial, batch, role, code):
    _, problems, warnings = read(
        trial,
        "fcs/P1_W0.fcs,s1,P1,W0,0,b,batch1,sample,",
        f"fcs/P1_W4.fcs,s2,P1,W0,0,b,{batch},{role},",
    )
    assert [problem.code for problem in problems] == (["visit-twice"] if code == "visit-twice" else [])
    assert [warning.code for warning in warnings] == (["visit-repeated"] if code == "visit-repeated" else [])
    for entry in (*problems, *warnings):
        assert entry.location == "samples.csv row 3, column visit"
        assert "stand in row 2 already (sample 's1')" in entry.message


def test_columns_of_other_names_are_recognised_and_their_cells_checked(trial):
    header = "Filename,ID,Patient,Timepoint,week,panel"
    rows, problems, _ = read(trial, "fcs/P1_W0.fcs,s,P1,,0,b", "fcs/no.fcs,s,P2,W0,0,b", header=header)
    said = texts(problems)
    meant = {"Filename": "file", "ID": "sample", "Patient": "subject", "Timepoint": "visit"}
    for wrong, right in meant.items():
        assert f"samples.csv row 1: column {right!r} is missing. Is it {wrong}?" in said
        assert f"samples.csv row 1: unknown column {wrong!r}. Did you mean {right}?" in said
    assert "samples.csv row 2, column visit: is empty." in said
    assert any("row 3, column sample: sample 's' stands in row 2" in line for line in said)
    assert any("row 3, column file: not found: fcs/no.fcs" in line for line in said)
    assert [row.subject for row in rows] == ["P1", "P2"]


def test_a_row_of_the_wrong_length_hides_no_other_problem(trial):
    _, problems, _ = read(trial, "fcs/P1_W0.fcs,s", "fcs/P1_W0.fcs,s,P1,W0,0,c,,sample,")
    assert [problem.code for problem in problems] == ["row-length", "panel-unknown"]


def test_a_wrong_header_names_the_columns_and_blames_no_row_for_them(trial):
    _, problems, _ = read(trial, "fcs/P1_W0.fcs,y,z", header="fiel,sample,colour")
    assert {problem.location for problem in problems} == {"samples.csv row 1"}
    joined = "\n".join(texts(problems))
    for message in (
        "column 'file' is missing. Is it fiel?",
        "column 'week' is missing",
        "unknown column 'colour'",
    ):
        assert message in joined
