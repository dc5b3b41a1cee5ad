from __future__ import annotations

import pytest

from cytogate.compensation.tables import MAX_BYTES, read_matrix_csv
from cytogate.errors import CompensationError


@pytest.fixture
def read(tmp_path):
    def write_and_read(text):
        path = tmp_path / "m.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_matrix_csv(path)

    return write_and_read


@pytest.mark.parametrize(
    "text",
    [
        "A,B\n1,0.1\n0.2,1\n",
        "\ufeffA,B\r\n1,0.1\r\n0.2,1\r\n",
        '"A";"B"\n1;0.1\n0.2;1\n',
        "A\tB\n1\t0.1\n0.2\t1",
        "A B\n1 0.1\n0.2 1\n",
        '"A"   "B"\n  1   1e-1 \n 0.2 1\n',
        ",A,B\nA,1,0.1\nB,0.2,1\n",
        "A,B\nA,1,0.1\nB,0.2,1\n",
        ",A,B\nB,0.2,1\nA,1,0.1\n",
        "\n,A :: CD3,B :: CD4\n\nA :: CD3,1,0.1\nB :: CD4,0.2,1\n",
    ],
    ids=["comma", "bom", "semicolon", "tab", "blank", "blanks", "corner", "no corner", "row order", "flowjo"],
)
def test_usual_forms_give_the_same_matrix(read, text):
    matrix = read(text)
    assert matrix.detectors == matrix.fluorochromes == ("A", "B")
    assert matrix.values.tolist() == [[1.0, 0.1], [0.2, 1.0]]


def test_first_column_names_the_fluorochromes(read):
    assert read("x,FITC-A,PE-A\nFITC,1,0\nPE,0,1\n").fluorochromes == ("FITC", "PE")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", r"m\.csv: empty"),
        ("A,B\n", r"m\.csv:1: only one line"),
        ("A;B\n1;0,1\n0;1\n", r"m\.csv:2:2: '0,1' has a decimal comma"),
        ("A,B\n1,0,1\n0,1\n", r"m\.csv:2: 3 coefficients for 2 detectors\. Are there decimal commas"),
        ("A,B\n1,x\n0,1\n", r"m\.csv:2:2: 'x' is no number"),
        (",A,B\nA,1,\nB,0,1\n", r"m\.csv:2:3: '' is no number"),
        ("A,B\n1,0\n", r"m\.csv: 1 lines for 2 detectors"),
        ("A,A\n1,0\n0,1\n", r"m\.csv: .*more than once: A"),
        ("A,B\n1,nan\n0,1\n", r"m\.csv:2:2: 'nan' is no number"),
        ("A,B\n1,1\n1,1\n", r"m\.csv: .*condition number"),
        ("A,B\n1,0\n0,1\n".encode("utf-16"), r"m\.csv: not a text table.*UTF-8"),
        (b" " * (MAX_BYTES + 1), r"m\.csv: larger than"),
        ('A,B\n"1,0\n' + "x" * 200_000, r"m\.csv: not a text table"),
    ],
)
def test_faults_name_file_row_and_column(read, text, match):
    with pytest.raises(CompensationError, match=match):
        read(text)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(CompensationError, match=r"no\.csv: cannot be read"):
        read_matrix_csv(tmp_path / "no.csv")


def test_latin1_names_are_kept(read):
    assert read("\xb5A,B\n1,0\n0,1\n".encode("latin-1")).detectors == ("\xb5A", "B")


@pytest.mark.reference
def test_exchanged_names_of_a_published_matrix_are_noticed(reference_data):
    good = read_matrix_csv(reference_data / "comp_flowcore_open" / "compref")
    bad = read_matrix_csv(reference_data / "comp_flowcore_open" / "compref2")
    assert good.detectors == bad.detectors == ("FL1-H", "FL2-H", "FL3-H", "FL4-H")
    assert good.warnings == ()
    assert [problem.code for problem in bad.warnings] == ["spillover-diagonal"] * 2
