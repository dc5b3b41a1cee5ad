"""Where files of a sheet lie: below the data root, behind URLs that the study allows, and nowhere else."""

from __future__ import annotations

import hashlib
import os
import time
import unicodedata
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
from fcs.storage.server import serving

from cytogate.errors import FcsError, StudyError
from cytogate.study.files.input_files import check_unchanged, file_state, hash_file
from cytogate.study.files.places import locate
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_study import run_study


@pytest.fixture
def memory():
    """The URL of a folder of the memory file system of this process."""
    name = uuid4().hex
    fs = fsspec.filesystem("memory")
    fs.mkdir(f"/{name}")
    yield f"memory://{name}"
    fs.rm(f"/{name}", recursive=True)


def refusal(text: str, root: Path, *allowed: str) -> str:
    place, (code, what, fix) = locate(text, root.resolve(), allowed)
    assert not place
    assert code
    return f"{what} {fix}"


# --- URLs


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("s3://bucket/trial/a.fcs", "s3://bucket/trial"),
        ("s3://bucket/trial/deep/a.fcs", "s3://bucket/trial/"),
        ("S3://bucket/a.fcs", "s3://bucket"),
        ("https://host/x/a%20b.fcs", "https://host/x/"),
    ],
)
def test_a_url_below_one_that_is_allowed_is_kept_verbatim(tmp_path, url, allowed):
    assert locate(f" {url} ", tmp_path, [allowed]) == (url, ("", "", ""))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("s3://bucket/trial2/a.fcs", "begins with none that the study allows"),
        ("s3://bucket/a.fcs", "begins with none that the study allows"),
        ("https://bucket/trial/a.fcs", "begins with none that the study allows"),
        ("s3://bucket/trial/../other/a.fcs", "leaves its folder by '..'"),
        ("s3://bucket/trial/%2e%2E/other/a.fcs", "leaves its folder by '..'"),
        ("s3://bucket/trial/%252e%252e/a.fcs", "leaves its folder by '..'"),
        ("s3://bucket/trial/x\\..\\a.fcs", "leaves its folder by '..'"),
        ("simplecache::s3://bucket/trial/a.fcs", "is a chain of URLs"),
        ("s3://ann:secret@bucket/trial/a.fcs", "secrets do not belong into a sheet"),
        ("s3://bucket/trial/a.fcs?X-Amz-Signature=secret", "secrets do not belong into a sheet"),
        ("file:/etc/passwd", "is no URL that can be read"),
        ("file:///etc/passwd", "begins with none that the study allows"),
    ],
)
def test_other_urls_are_refused_and_secrets_are_not_repeated(tmp_path, url, why):
    said = refusal(url, tmp_path, "s3://bucket/trial/")
    assert why in said
    assert "secret@" not in said
    assert "=secret" not in said


def test_a_refused_url_says_what_would_allow_it(tmp_path):
    assert "allow_urls: [https://host/x/]" in refusal("https://host/x/a.fcs", tmp_path)


def test_a_file_url_is_a_file_below_the_folder_that_is_allowed(tmp_path):
    inside, outside = tmp_path / "data", tmp_path / "secret.fcs"
    inside.mkdir()
    outside.write_bytes(b"x")
    (inside / "a.fcs").write_bytes(b"x")
    (inside / "link.fcs").symlink_to(outside)
    prefix = inside.as_uri()
    assert locate(f"{prefix}/a.fcs", tmp_path, [prefix])[0] == str(inside / "a.fcs")
    assert "outside the data root" in refusal(f"{prefix}/link.fcs", tmp_path, prefix)
    assert "not found" in refusal(f"{prefix}/no.fcs", tmp_path, prefix)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("s3://", "names no host"),
        ("bucket/trial", "is no URL"),
        ("https://ann:secret@host/", "secrets do not belong"),
        ("s3://bucket/../", "leaves its folder"),
    ],
)
def test_a_study_allows_no_url_that_is_none_or_everything(trial, url, why):
    trial.write("study.yaml", f"{trial.study.read_text()}allow_urls: ['{url}']\n")
    with pytest.raises(StudyError, match=why) as caught:
        plan_study(trial.study)
    assert [problem.code for problem in caught.value.problems] == ["url-wrong"]
    assert "secret@" not in str(caught.value)


def test_a_data_root_that_is_a_url_says_what_to_write(trial):
    trial.write("study.yaml", trial.study.read_text().replace("data_root: .", "data_root: s3://bucket/x"))
    with pytest.raises(StudyError, match=r"s3://bucket/x is a URL. Name the URLs in the sheet"):
        plan_study(trial.study)


def move_behind(trial, prefix: str) -> None:
    """Let the sheet name the same files behind a URL."""
    trial.write("study.yaml", f"{trial.study.read_text()}allow_urls: ['{prefix}/']\n")
    trial.sheet(*[row.replace("fcs/", f"{prefix}/", 1) for row in trial.rows])


def test_a_study_of_remote_files_gives_the_figures_of_local_ones(trial, memory, tmp_path):
    local = run_study(trial.study, tmp_path / "local", executor="serial")
    fs = fsspec.filesystem("memory")
    for place in (trial.folder / "fcs").iterdir():
        fs.pipe(f"/{memory.removeprefix('memory://')}/{place.name}", place.read_bytes())
    move_behind(trial, memory)
    run = run_study(trial.study, trial.out, executor="thread")
    assert run.failures.empty
    assert run.subsets.equals(local.subsets)
    assert {e["sha256"] for e in run.manifest["inputs"].values()} == {
        hashlib.sha256(place.read_bytes()).hexdigest() for place in (trial.folder / "fcs").iterdir()
    }
    assert run_study(trial.study, trial.out, executor="thread").up_to_date


def test_files_of_a_web_server_are_gated_in_worker_processes_and_one_that_lacks_costs_its_row(trial):
    pytest.importorskip("aiohttp", reason="http:// needs aiohttp: the extra 'http'")
    with serving() as server:
        for place in (trial.folder / "fcs").iterdir():
            server.files[f"/trial/{place.name}"] = place.read_bytes()
        del server.files["/trial/P2_W4.fcs"]
        move_behind(trial, server.url("/trial"))
        run = run_study(trial.study, trial.out, executor="process", workers=1)
    assert list(run.failures["sample"]) == ["P2_W4"]
    assert list(run.failures["code"]) == ["file-missing"]
    assert run.subsets.set_index("sample").loc["P1_W0", "count"] > 0


def test_a_remote_file_that_changes_while_it_is_gated_is_refused(memory):
    fs, url = fsspec.filesystem("memory"), f"{memory}/a.fcs"
    place = url.removeprefix("memory:/")
    fs.pipe(place, b"one")
    before = file_state(url)
    assert hash_file(url) == (hashlib.sha256(b"one").hexdigest(), 3)
    check_unchanged(url, before)
    time.sleep(0.01)
    fs.pipe(place, b"two")
    with pytest.raises(FcsError, match="changed-while-reading"):
        check_unchanged(url, before)


def test_a_run_finds_its_files_again_behind_urls_and_under_windows_names(trial, memory):
    from cytogate.study.verify.verify import verify_run

    fs = fsspec.filesystem("memory")
    fs.pipe(f"/{memory.removeprefix('memory://')}/P1_W0.fcs", (trial.folder / "fcs/P1_W0.fcs").read_bytes())
    trial.write("study.yaml", f"{trial.study.read_text()}allow_urls: ['{memory}']\n")
    others = [row.replace("fcs/", "fcs\\") for row in trial.rows[1:]]
    trial.sheet(trial.rows[0].replace("fcs/", f"{memory}/", 1), *others)
    run_study(trial.study, trial.out, executor="serial")
    assert verify_run(trial.out, executor="serial").differences == ()
    fs.pipe(f"/{memory.removeprefix('memory://')}/P1_W0.fcs", b"FCS3.1 another")
    (first, *_) = verify_run(trial.out, hash_only=True).differences
    assert "P1_W0" in str(first)


# --- what is no regular file (each within a second)


@pytest.mark.timeout(10)
def test_what_is_no_file_is_named_and_never_opened(trial):
    os.mkfifo(trial.folder / "pipe.fcs")
    (trial.folder / "a").symlink_to("b")
    (trial.folder / "b").symlink_to("a")
    (trial.folder / "zero.fcs").symlink_to("/dev/zero")
    (trial.folder / "gone.fcs").symlink_to("nothing")
    began = time.perf_counter()
    said = {name: refusal(name, trial.folder) for name in ("pipe.fcs", "fcs", "a", "zero.fcs", "gone.fcs")}
    assert "not found" in refusal("zero/x", trial.folder)
    assert "not a regular file" in refusal("zero", Path("/dev"))
    assert time.perf_counter() - began < 1
    assert "not a regular file" in said["pipe.fcs"]
    assert "is a folder" in said["fcs"]
    assert "cannot be opened" in said["a"]
    assert "outside the data root" in said["zero.fcs"]
    assert "is a link to nothing, where no file is" in said["gone.fcs"]


BECOME = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "nothing": lambda _place: None,
    "a loop": lambda place: place.symlink_to(place),
    "a device": lambda place: place.symlink_to("/dev/zero"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("become", BECOME.values(), ids=BECOME)
def test_a_file_that_becomes_something_else_after_the_check_costs_its_own_row(trial, monkeypatch, become):
    from cytogate.study import run_study as module

    def bent(path):
        plan = plan_study(path)
        place = trial.folder / "fcs" / "P1_W4.fcs"
        place.unlink()
        become(place)
        return plan

    monkeypatch.setattr(module, "plan_study", bent)
    run = run_study(trial.study, trial.out, executor="serial")
    failures = run.failures[["sample", "code"]].itertuples(index=False, name=None)
    assert list(failures) == [("P1_W4", "file-unreadable")]


def test_a_pipe_is_not_waited_for_when_it_is_hashed(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        hash_file(tmp_path / "pipe")


# --- names


NAMES = [
    "x" * 251 + ".fcs",
    unicodedata.normalize("NFC", "Probé.fcs"),
    unicodedata.normalize("NFD", "Probé 2.fcs"),
    " leading and trailing .fcs",
    "CON.fcs",
    "trailing.fcs.",
    "case.fcs",
    "CASE.fcs",
    "semi;colon, comma.fcs",
    "=1+1.fcs",
    "..fcs",
    "日本.fcs",
]


def test_files_of_odd_names_are_found_and_their_results_share_no_name(trial):
    content = (trial.folder / "fcs" / "P1_W0.fcs").read_bytes()
    rows = []
    for number, name in enumerate(NAMES):
        folder = trial.folder / f"d{number}"
        folder.mkdir()
        (folder / name).write_bytes(content)
        sample = name.strip()[:255]
        rows.append(f'"d{number}/{name}","{sample}",P{number},W0,0,b,batch1,sample,')
    trial.sheet(*rows)
    trial.write(
        "study.yaml", trial.study.read_text().replace("clinical: clinical.csv\n", "").split("response")[0]
    )
    plan = plan_study(trial.study)
    assert [row.sample for row in plan.rows] == [name.strip() for name in NAMES]
    assert [row.file for row in plan.rows] == [f"d{n}/{name}" for n, name in enumerate(NAMES)]
    run = run_study(trial.study, trial.out, executor="serial")
    assert run.failures.empty
    names = [place.name for place in (trial.out / "previews").iterdir()]
    assert len({name.casefold() for name in names}) == len(NAMES)
    assert all(name.isascii() and not name.endswith((".", " ")) and len(name) < 100 for name in names)


@pytest.mark.parametrize(("there", "named"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_an_accent_that_is_composed_otherwise_in_the_sheet_finds_the_file(tmp_path, there, named):
    folder, file = "Köln", "Probé.fcs"
    place = tmp_path / unicodedata.normalize(there, folder)
    place.mkdir()
    (place / unicodedata.normalize(there, file)).write_bytes(b"x")
    found, _ = locate(unicodedata.normalize(named, f"{folder}/{file}"), tmp_path)
    assert found == str(place / unicodedata.normalize(there, file))


def test_two_files_that_differ_by_the_make_of_an_accent_are_two_files(tmp_path):
    for form in ("NFC", "NFD"):
        (tmp_path / unicodedata.normalize(form, "é.fcs")).write_bytes(b"x")
        assert locate(unicodedata.normalize(form, "é.fcs"), tmp_path)[0].endswith(
            unicodedata.normalize(form, "é.fcs")
        )
