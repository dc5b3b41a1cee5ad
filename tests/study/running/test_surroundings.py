"""What is around a process changes no byte of a table: locale, time zone, hash seed, workers, parents."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from study.running.warm_runs import HOUSE
from study.running.whole_runs import check_log, check_whole, contents

from cytogate.study.run_study import run_study

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(900)
soak = pytest.mark.soak
LOCALES = {"tr_TR.UTF-8": "UTF-8", "de_DE.UTF-8": "UTF-8", "de_DE.ISO-8859-1": "ISO-8859-1"}
ODD = {
    "a Turkish i, far from Greenwich": {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"},
    "a comma for the point": {"LC_ALL": "de_DE.UTF-8", "TZ": "America/St_Johns"},
    "letters of one byte": {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0", "PYTHONHASHSEED": "77"},
    "no locale at all": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "UTC"},
    "POSIX": {"LC_ALL": "POSIX", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "0"},
    "another seed of hashes": {"PYTHONHASHSEED": "4294967295", "PYTHONOPTIMIZE": "1"},
    "no environment but PATH": {},
}
SCRIPT = """
import locale, sys
locale.setlocale(locale.LC_ALL, "")
print(locale.str(0.5), "I".lower(), flush=True)
from cytogate.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture(scope="session")
def locales(tmp_path_factory) -> Path:
    """A folder of locales, as few machines have these."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is not None:
        for name, charset in LOCALES.items():
            source = name.partition(".")[0]
            words = ["localedef", "-c", "-i", source, "-f", charset, folder / name]
            subprocess.run(words, capture_output=True, check=False)
    return folder


def clean(trial) -> dict[str, str]:
    return contents(run_study(trial.study, trial.folder / "clean", executor="serial").path)


BY_DAY = ("a comma for the point",)


@pytest.mark.parametrize("name", [name if name in BY_DAY else pytest.param(name, marks=soak) for name in ODD])
def test_locale_time_zone_and_hash_seed_change_nothing(trial, locales, name):
    odd = ODD[name]
    if odd.get("LC_ALL") in LOCALES and not (locales / odd["LC_ALL"]).exists():
        pytest.skip(f"cannot make the locale {odd['LC_ALL']}")
    words = ["run", trial.study, "--out", trial.out, "--no-report", "--workers", "2"]
    around = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE), "LOCPATH": str(locales)}
    if odd:
        around = os.environ | around | odd
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], env=around, capture_output=True, check=False, errors="replace"
    )
    assert told.returncode == 0, told.stderr
    if "de_DE" in odd.get("LC_ALL", ""):
        assert told.stdout.startswith("0,5")  # the locale is there
    assert check_whole(trial.out)
    check_log(trial.out)
    assert contents(trial.out) == clean(trial)


WAYS = [("process", 3), ("process", 8), ("thread", 1), ("thread", 8), ("serial", 8), ("dask", 2)]


@soak
@pytest.mark.parametrize(("executor", "workers"), WAYS)
def test_executors_and_how_many_work_change_nothing(trial, executor, workers):
    if executor == "dask":
        pytest.importorskip("distributed")
    expected = clean(trial)
    assert contents(run_study(trial.study, trial.out, executor=executor, workers=workers).path) == expected
    trial.sheet(*reversed(trial.rows))
    found = run_study(trial.study, trial.folder / "other", executor=executor, workers=workers)
    again = run_study(trial.study, trial.folder / "clean", executor="serial", force=True)
    assert contents(found.path) == contents(again.path)


PARENT = """
import multiprocessing, sys

def work(study, out):
    from cytogate.study.run_study import run_study
    run_study(study, out, executor=sys.argv[5], workers=2)

if __name__ == "__main__":
    method, study, first, second, _ = sys.argv[1:]
    if first != "-":
        work(study, first)  # threads and kernels are there before the child is
    child = multiprocessing.get_context(method).Process(target=work, args=(study, second))
    child.start()
    child.join(300)
    if child.is_alive():
        child.kill()
        sys.exit(77)
    sys.exit(child.exitcode)
"""


@pytest.mark.skipif(os.name == "nt", reason="forks")
@soak
@pytest.mark.parametrize("executor", ["process", "thread", "serial"])
@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_a_run_in_a_child_of_another_program_is_the_same(trial, method, executor):
    script = trial.write("parent.py", PARENT)
    first = trial.folder / "first"
    words = [method, trial.study, first, trial.out, executor]
    told = subprocess.run(
        [sys.executable, script, *words],
        env=os.environ | {"PYTHONPATH": str(HOUSE)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert told.returncode == 0, (told.returncode, told.stderr)
    assert contents(trial.out) == contents(first)
