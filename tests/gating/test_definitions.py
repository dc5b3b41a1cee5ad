"""The subset registry: found by any name of the field, each definition once, and templates agree with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cytogate.errors import TemplateError
from cytogate.gating.definitions import definitions, read_definitions
from cytogate.gating.template.library import list_templates, load_template

GOOD = """\
format: cytogate.definitions
version: 1
subsets:
  naive:
    name: Naive
    synonyms: [IgD+CD27-]
    definitions:
      naive.one: {text: One., citation: A source}
      naive.two: {text: Two., citation: A source}
"""


@pytest.mark.parametrize(
    ("name", "subset"),
    [
        ("DN", "double_negative"),
        ("double negative", "double_negative"),
        ("CD27-IgD-", "double_negative"),
        ("IgD− CD27−", "double_negative"),
        ("IgD⁻CD27⁻", "double_negative"),
        ("igd-cd27+", "switched_memory"),
        ("CD38hiCD24hi", "transitional"),
        ("dn2.cxcr5_cd21", "dn2"),
        ("Treg", "treg"),
        ("activated_naive", "activated_naive"),
    ],
)
def test_a_subset_is_found_by_any_way_to_write_it(name, subset):
    assert definitions().find(name).id == subset


def test_an_unknown_subset_names_the_nearest():
    with pytest.raises(TemplateError, match=r"No subset is called 'DNN'. Did you mean DN"):
        definitions().find("DNN")


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(TemplateError, match=r"Did you mean .*dn2.cxcr5_cd21"):
        definitions().definition("dn2.cxcr5_cd22")


def test_no_name_means_two_subsets():
    for subset in definitions().subsets:
        for name in (subset.id, subset.name, *subset.synonyms):
            assert definitions().find(name) is subset, name


def test_every_definition_has_a_text_and_a_source():
    for subset in definitions().subsets:
        assert subset.definitions
        for entry in subset.definitions:
            assert entry.text.endswith((".", ")"))
            assert entry.citation


def test_rivals_are_the_other_definitions_of_the_subset():
    rivals = [entry.id for entry in definitions().rivals("transitional.mtg_cd24_cd38")]
    assert "transitional.cd24_cd38" in rivals
    assert "transitional.mtg_cd24_cd38" not in rivals
    assert definitions().rivals("transitional.mtg_cd24_cd38.asc_excluded") == definitions().rivals(
        "transitional.mtg_cd24_cd38"
    )
    assert definitions().rivals("someone.elses") == ()


def test_a_definition_without_asc_says_so():
    plain = definitions().definition("switched_memory.igd_cd27")
    without = definitions().definition("switched_memory.igd_cd27.asc_excluded")
    assert without.text == f"{plain.text} Antibody-secreting cells are taken out first."
    assert without.citation == plain.citation


@pytest.mark.parametrize("name", list_templates())
def test_built_in_templates_take_their_definitions_from_the_registry(name):
    for entry in load_template(name).definitions.values():
        known = definitions().definition(entry.id)
        assert (entry.text, entry.citation) == (known.text, known.citation)


@pytest.mark.parametrize("name", list_templates())
def test_text_of_definitions_stands_in_no_template(name):
    assert "citation:" not in Path(load_template(name).path).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "version: 1",
            "version: 2",
            r"expected .format: cytogate.definitions. and .version: 1",
        ),
        ("    name: Naive\n", "", r"line 5, subsets.naive: expected a name"),
        ("    name: Naive\n", "    name: Naive\n    rol: x\n", r"expected name, definitions and perhaps"),
        ("    name: Naive\n", "    name: Naive\n    role: cleanin\n", r"Did you mean cleaning"),
        ("text: Two., ", "", r"line 9, subsets.naive.definitions.naive.two: expected a definition id"),
        ("[IgD+CD27-]", "IgD+CD27-", r"synonyms in a list"),
        (
            "      naive.two: {text: Two., citation: A source}\n",
            "  other:\n    name: Other\n    definitions:\n      naive.one: {text: T., citation: C}\n",
            r"'naive.one' is used by subset 'naive' too",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(tmp_path, old, new, said):
    path = tmp_path / "own.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert [entry.id for entry in read_definitions(path)[0].definitions] == ["naive.one", "naive.two"]
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(TemplateError, match=said):
        read_definitions(path)


def test_the_page_of_definitions_lists_every_one():
    page = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
    for subset in definitions().subsets:
        for entry in subset.definitions:
            assert f"| `{entry.id}` | {entry.text} | {entry.citation} |" in page


def test_labels_are_the_name_where_a_file_gives_none():
    treg, cd39 = definitions().find("Helios+"), definitions().find("CD39+")
    assert (treg.short, treg.label) == ("Helios+ Tregs", "Helios+ regulatory T cells (Tregs)")
    assert cd39.short == cd39.label == cd39.name


def test_labels_tell_all_subsets_apart():
    shorts = [subset.short for subset in definitions().subsets]
    assert len(set(shorts)) == len(shorts)


def test_a_label_that_is_no_text_is_refused_with_its_place(tmp_path):
    place = tmp_path / "x.yaml"
    place.write_text(
        "format: cytogate.definitions\nversion: 1\nsubsets:\n  a:\n    name: A\n    label: [1]\n"
        "    definitions:\n      a.b: {text: T, citation: C}\n"
    )
    with pytest.raises(TemplateError, match="expected text"):
        read_definitions(place)
