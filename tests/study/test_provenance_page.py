"""The page on provenance names what there is: keys of the manifest, links of the chain, keys of events."""

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

import cytogate
from cytogate.study.running import events
from cytogate.study.verify.differences import Link

DOCS = Path(cytogate.__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def page() -> str:
    return (DOCS / "provenance.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("run_started", events.RunStarted),
        ("gated_again", events.GatedAgain),
        ("sample_done", events.SampleDone),
        ("run_done", events.RunSummary),
    ],
)
def test_every_key_of_an_event_is_in_its_row(page, name, kind):
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}`")]
    assert [field.name for field in fields(kind) if f"`{field.name}`" not in row] == []


def test_every_stage_is_named(page):
    (row,) = [line for line in page.splitlines() if line.startswith("| `stage_began`")]
    assert [stage for stage in events.STAGES if f"`{stage}`" not in row] == []


def test_every_link_of_the_chain_is_explained(page):
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    named = {word.strip() for row in rows for word in row.split(",")}
    assert set(get_args(Link)) - named == set()


def test_what_the_manifest_records_is_in_a_manifest(page, finished):
    from cytogate.study.run_folder.run import open_run

    manifest = open_run(finished.out).manifest
    for key in ("files", "libraries", "source_sha256", "machine", "audit", "inputs", "documents"):
        assert f"`{key}`" in page
        assert manifest[key]
    assert set(manifest["templates"]["b"]) >= {"sha256", "file_sha256"}


def test_other_pages_lead_there():
    for name in ("docs/index.md", "docs/run_folder.md", "README.md"):
        assert "provenance.md" in (DOCS.parent / name).read_text(encoding="utf-8"), name
