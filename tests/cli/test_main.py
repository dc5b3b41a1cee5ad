from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import click
import pytest

from cytogate.cli._exits import Terminated
from cytogate.cli._options import common
from cytogate.cli.main import cli, summary
from cytogate.errors import (
    CompensationError,
    FcsError,
    GatingError,
    InteropError,
    PanelError,
    Problem,
    StoreError,
    StudyError,
    TemplateError,
    TransformError,
)

HOUSE = Path(__file__).parents[2]
COMMANDS = cli.list_commands(click.Context(cli))


def command_that_raises(error: BaseException) -> click.Command:
    @click.command()
    @common
    def command() -> None:
        raise error

    return command


def test_help_lists_every_command_with_one_line(call):
    outcome = call("--help")
    assert outcome.code == 0
    for name in COMMANDS:
        assert f"  {name} " in outcome.out
        assert summary(name) in " ".join(outcome.out.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_summary_of_a_command_is_its_own_short_help(name: str):
    command = cli.get_command(click.Context(cli), name)
    assert command.get_short_help_str(limit=200).rstrip(".") == summary(name).rstrip(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_explains_every_option(name: str, call):
    outcome = call(name, "--help")
    assert outcome.code == 0
    command = cli.get_command(click.Context(cli), name)
    commands = command.commands.values() if isinstance(command, click.Group) else [command]
    for entry in commands:
        for option in entry.params:
            assert not isinstance(option, click.Option) or option.help, f"{name} {option.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_without_arguments_a_command_says_how_it_is_used(name: str, call):
    outcome = call(name)
    assert outcome.code == 2
    assert f"Usage: cytogate {name}" in outcome.err


def test_an_unknown_command_names_the_nearest(call):
    outcome = call("inspekt", "a.fcs")
    assert outcome.code == 2
    assert "No such command 'inspekt'. Did you mean inspect?" in outcome.err


def test_version_is_on_stdout(call):
    outcome = call("--version")
    assert outcome.code == 0
    assert outcome.out.startswith("cytogate ")


PROBLEMS = [Problem("a", "samples.csv row 7", "not found: S07.fcs"), Problem("b", "row 9", "sample is empty")]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (FcsError("truncated", "a.fcs", "DATA", 58, "3 bytes", "8 bytes"), 1, "a.fcs: DATA at byte 58"),
        (TemplateError("t.yaml is wrong:", PROBLEMS), 3, "row 9: sample is empty"),
        (StudyError("study.yaml is wrong:", PROBLEMS), 3, "samples.csv row 7: not found: S07.fcs"),
        (InteropError("w.xml cannot be read:", PROBLEMS), 3, "row 9"),
        (GatingError("no population"), 3, "no population"),
        (PanelError("no CD27"), 3, "no CD27"),
        (CompensationError("singular"), 3, "singular"),
        (TransformError("T must be positive"), 3, "T must be positive"),
        (StoreError("out is locked"), 4, "out is locked"),
        (PermissionError(13, "Permission denied", "runs"), 4, "runs: Permission denied"),
        (OSError(28, "No space left on device"), 4, "No space left on device"),
        (MemoryError(), 4, "out of memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (Terminated(), 143, "interrupted"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_error_becomes_an_exit_code_and_plain_text(error, code, said, call, monkeypatch):
    monkeypatch.setattr(type(cli), "get_command", lambda *_: command_that_raises(error))
    outcome = call("run")
    assert outcome.code == code
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""


def test_every_problem_of_an_error_is_listed(call, monkeypatch):
    error = StudyError("study.yaml is wrong:", PROBLEMS)
    monkeypatch.setattr(type(cli), "get_command", lambda *_: command_that_raises(error))
    said = call("run").err
    assert all(str(problem) in said for problem in PROBLEMS)


def test_debug_shows_where_an_error_arose(call, monkeypatch):
    monkeypatch.setattr(type(cli), "get_command", lambda *_: command_that_raises(StoreError("locked")))
    with pytest.raises(StoreError, match="locked"):
        call("run", "--debug")


def test_a_fault_of_the_program_is_not_hidden(call, monkeypatch):
    monkeypatch.setattr(type(cli), "get_command", lambda *_: command_that_raises(ZeroDivisionError("1/0")))
    with pytest.raises(ZeroDivisionError):
        call("run")


def test_a_warning_of_the_library_is_one_line_on_stderr(call, monkeypatch):
    @click.command()
    @common
    def command() -> None:
        warnings.warn("scales come from this file alone", stacklevel=1)

    monkeypatch.setattr(type(cli), "get_command", lambda *_: command)
    outcome = call("run")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "warning: scales come from this file alone\n"


@pytest.mark.parametrize(("words", "lines"), [([], 1), (["-v"], 2), (["-vv"], 3), (["-q"], 0)])
def test_verbosity_chooses_what_is_logged(words, lines, call, monkeypatch):
    import logging

    @click.command()
    @common
    def command() -> None:
        log = logging.getLogger("cytogate.somewhere")
        log.debug("debug")
        log.info("info")
        log.warning("warning")

    monkeypatch.setattr(type(cli), "get_command", lambda *_: command)
    outcome = call("run", *words)
    assert len(outcome.err.splitlines()) == lines
    assert outcome.out == ""
    assert logging.getLogger("cytogate").handlers == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_with_its_exit_code(number, code):
    script = (
        "import click, time\n"
        "from cytogate.cli import main\n"
        "@click.command()\n"
        "def command():\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "main.LazyGroup.get_command = lambda *_: command\n"
        "main.main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=HOUSE,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == code
    assert said.strip() == "interrupted"
