"""Machine code on disk: shared by processes, checked, and never a reason to fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled in this run"
)

HOUSE = Path(__file__).parents[2]

# Two kernels, one within the other, and what a process says of them: result, and what it compiled.
KERNELS = """
from cytogate.kernels._jit import kernel

@kernel
def inner(x):
    return x * 2.0

@kernel
def outer(x):
    return inner(x) + 1.0
"""
SAY = """
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
from small import inner, outer
print(outer(10.0))
"""
COMPILED = ["compiling outer", "compiling inner", "21.0"]


@pytest.fixture
def start(tmp_path: Path):
    """Start a process that runs `script` beside the two kernels; environment variables may be set."""
    (tmp_path / "small.py").write_text(KERNELS)
    running = []

    def act(script: str = SAY, **variables: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HOUSE), str(tmp_path)]),
            "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
            "XDG_CACHE_HOME": str(tmp_path / "users"),
            **variables,
        }
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", script],
                env=environment,
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield act
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def run(start):
    """Run such a process to its end and return the lines that it said."""

    def act(script: str = SAY, **variables: str) -> list[str]:
        process = start(script, **variables)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out.splitlines()

    return act


def test_the_second_process_compiles_nothing(run):
    assert run() == COMPILED
    assert run() == ["21.0"]


def test_processes_that_start_at_once_share_one_compilation(start):
    processes = [start() for _ in range(4)]
    said = [process.communicate(timeout=120)[0].splitlines() for process in processes]
    assert [lines[-1] for lines in said] == ["21.0"] * 4
    assert sorted(line for lines in said for line in lines[:-1]) == ["compiling inner", "compiling outer"]


def test_a_process_that_is_killed_while_it_compiles_holds_nobody_up(start, run, tmp_path: Path):
    hangs = """
import sys, time
import small
small.outer._compiler.compile = lambda *_: (print("holds", flush=True), time.sleep(600))
small.outer(10.0)
"""
    process = start(hangs)
    assert process.stdout.readline() == "holds\n"
    assert list((tmp_path / "cache").rglob("*.lock"))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run() == COMPILED


@pytest.mark.parametrize("damage", ["cut", "emptied", "changed"])
def test_damaged_machine_code_is_made_anew(run, tmp_path: Path, damage: str):
    run()
    files = sorted((tmp_path / "cache").rglob("*.nbc"))
    assert len(files) == 2
    for file in files:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(
            {"cut": content[: len(content) // 2], "emptied": b"", "changed": bytes(content)}[damage]
        )
    said = run()
    assert len([line for line in said if line.endswith("is damaged: the kernel is compiled anew.")]) == 2
    assert [line for line in said if "damaged" not in line] == COMPILED
    assert run() == ["21.0"]


def test_where_the_named_folder_cannot_be_written_the_users_own_serves(run, tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert run(NUMBA_CACHE_DIR=str(tmp_path / "file")) == COMPILED
    assert len(list((tmp_path / "users").rglob("*.nbc"))) == 2
    assert run(NUMBA_CACHE_DIR=str(tmp_path / "file")) == ["21.0"]


def test_without_any_folder_each_process_compiles_and_says_that_nothing_is_kept(run, tmp_path: Path):
    (tmp_path / "file").write_text("")
    nowhere = {"NUMBA_CACHE_DIR": str(tmp_path / "file"), "XDG_CACHE_HOME": str(tmp_path / "file")}
    script = f"{SAY}\nfrom cytogate.kernels._jit import is_compiled, is_kept\n"
    script += "print(is_compiled(outer), is_kept(outer))"
    assert run(script, **nowhere) == [*COMPILED, "False False"]
    assert run(script, **nowhere) == [*COMPILED, "False False"]


def test_code_in_a_folder_that_can_only_be_read_is_used(run, tmp_path: Path):
    run()
    before = sorted((tmp_path / "cache").rglob("*"))
    script = f"""
from cytogate.kernels import _cache
_cache._is_writable = lambda folder: {str(tmp_path / "cache")!r} not in str(folder)
{SAY}
print(inner(3))  # of an integer: code that is not there
"""
    assert run(script) == ["21.0", "compiling inner", "6.0"]
    assert sorted((tmp_path / "cache").rglob("*")) == before


def test_a_full_disk_costs_the_cache_and_no_result(run):
    script = f"""
from cytogate.kernels import _cache
def full(file, content):
    raise OSError(28, "No space left on device")
_cache._write = full
{SAY}
"""
    said = run(script)
    assert [line for line in said if "kept" not in line] == COMPILED
    assert len([line for line in said if line.endswith("No space left on device")]) == 1


def test_kernels_are_compiled_beside_loaded_ones(run):
    run()
    assert run(f"{SAY}\nprint(outer(1))") == ["21.0", "compiling outer", "compiling inner", "3.0"]


def test_code_of_another_state_of_the_sources_is_not_used(run, tmp_path: Path):
    run()
    small = tmp_path / "small.py"
    small.write_text(KERNELS.replace("x * 2.0", "x * 3.0 - 0.0"))
    stamp = """
from cytogate.kernels import _jit
_jit.sources_digest = lambda: "of the changed sources"
"""
    assert run(stamp + SAY) == ["compiling outer", "compiling inner", "31.0"]


def test_code_that_nobody_made_for_a_month_is_removed(run, tmp_path: Path):
    run()
    files = sorted((tmp_path / "cache").rglob("*.nbc"))
    old = files[0].with_name(files[0].name.replace(files[0].name.split(".")[1], "0" * 16))
    young = files[1].with_name(files[1].name.replace(files[1].name.split(".")[1], "0" * 16))
    for file in (old, young):
        file.write_bytes(b"")
    os.utime(old, (0, 0))
    for file in files:
        file.unlink()
    run()
    assert sorted((tmp_path / "cache").rglob("*.nbc")) == sorted([*files, young])


def test_a_part_keeps_less_on_disk_and_can_be_called_all_the_same(run, tmp_path: Path):
    def size() -> int:
        (file,) = (tmp_path / "cache").rglob("inner.*.nbc")
        return file.stat().st_size

    run()
    whole = size()
    shutil.rmtree(tmp_path / "cache")
    small = KERNELS.replace("import kernel", "import kernel, part").replace("@kernel", "@part", 1)
    (tmp_path / "small.py").write_text(small)
    script = "from small import inner, outer\nprint(outer(10.0), inner(10.0))"
    assert [run(script) for _ in range(2)] == [["21.0 20.0"]] * 2
    assert size() < whole


# What another numba may do otherwise within, and what a file may ask for that this process does not have:
# LLVM would end the process where code that it loads calls a function that nobody has.
CHANGED = {
    "loading": (
        "from numba.core import compiler\ndel compiler.CompileResult._rebuild",
        "cannot be used: Attr",
        2,
    ),
    "memory": ("from numba.core import runtime\ndel runtime.rtsys", "cannot be used: KeyError", 2),
    "outside": ("_cache.binding.address_of_symbol = lambda _: None", "which is not here", 2),
    "saving": ("del _cache.compiler.CompileResult._reduce", "compiled kernels cannot be kept: Attr", 1),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_numba_that_changed_within_compiles_as_always(run, what: str):
    change, note, times = CHANGED[what]
    if what != "saving":
        run()
    said = run(f"from cytogate.kernels import _cache\n{change}\n{SAY}")
    assert [line for line in said if note not in line] == COMPILED
    assert len([line for line in said if note in line]) == times


@pytest.mark.parametrize("variable", ["NUMBA_BOUNDSCHECK", "NUMBA_LOOP_VECTORIZE"])
def test_code_made_under_other_settings_is_not_used(run, variable: str):
    run()
    assert run(**{variable: {"NUMBA_BOUNDSCHECK": "1", "NUMBA_LOOP_VECTORIZE": "0"}[variable]}) == COMPILED


def test_what_machine_code_calls_is_kept_with_it(run, tmp_path: Path):
    assert run() == COMPILED
    script = """
import pickle
from pathlib import Path
from small import outer
for file in Path("cache").glob("*/outer.*.nbc"):
    print(*pickle.loads(file.read_bytes()[32:])[0])
"""
    (names,) = run(script)
    assert {"PyErr_Occurred", "PyFloat_FromDouble"} <= set(names.split())


def test_an_error_while_compiling_is_told_as_it_is(run):
    script = """
import small
def fail(*_):
    raise OSError(5, "Input/output error")
small.outer._compiler.compile = fail
try:
    small.outer(10.0)
except OSError as error:
    print(error)
"""
    assert run(script) == ["[Errno 5] Input/output error"]


def test_kernels_that_threads_ask_for_at_once_are_compiled_once(run):
    script = f"""
{SAY.replace("print(outer(10.0))", "")}
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    print(*set(pool.map(outer, [10.0] * 8)))
"""
    assert run(script) == COMPILED
    assert run(script) == ["21.0"]


def test_a_kernel_that_is_pickled_works_in_another_process(run):
    script = f"{SAY}\nimport pickle\nfrom pathlib import Path\n"
    run(script + "Path('kernel').write_bytes(pickle.dumps(outer))")
    assert run("import pickle\nprint(pickle.load(open('kernel', 'rb'))(10.0))") == ["21.0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_loads_and_compiles_for_itself(run):
    script = f"""
{SAY}
import os
child = os.fork()
if child == 0:
    print(outer(10.0), outer(3), flush=True)
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""
    run()
    assert run(script)[-2:] == ["21.0 7.0", "0"]


def test_wrong_arguments_are_refused_before_and_after_loading(run):
    script = f"""
{SAY}
for wrong in (("a",), (), (1.0, 2.0), (None,), ([],), (object(),)):
    try:
        outer(*wrong)
    except Exception as error:
        print(type(error).__name__)
"""
    wrong = ["TypingError", "TypeError", "TypeError", "TypingError"]
    for _ in range(2):
        said = [line for line in run(script) if "compiling" not in line]
        assert said[:5] == ["21.0", *wrong]
        assert len(said) == 7
