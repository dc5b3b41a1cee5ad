"""The MIFlowCyt 1.0 checklist, filled from keywords, sheet and templates; what none says is marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import count_text
from cytogate.report import facts
from cytogate.report.manifest_facts import acquired, panels, roles, templates, unique
from cytogate.report.methods_gating import compensation_words, gating_words, scale_words
from cytogate.report.methods_text import plural
from cytogate.report.plain import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cytogate.report.manifest_facts import Acquired
    from cytogate.report.section import RunLike

CITATION = (
    "Lee JA, Spidlen J, Boyce K, et al. MIFlowCyt: the minimum information about a flow cytometry "
    "experiment. Cytometry A 2008;73A:926–930."
)
_CONTROLS = ("fmo", "single_stain", "unstained", "beads", "bridge")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the checklist.

    Attributes
    ----------
    number, title : str
        As the checklist has them, wording abridged.
    said : str
        What the run says of it; empty where it says nothing.
    missing : str
        What is still to be stated by the authors; empty where nothing is.
    """

    number: str
    title: str
    said: str = ""
    missing: str = ""

    @property
    def state(self) -> str:
        """Return ``given``, ``in part`` or ``missing``."""
        if not self.said:
            return "missing"
        return "in part" if self.missing else "given"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the checklist with its items."""

    title: str
    items: tuple[Item, ...]


def checklist(run: RunLike) -> list[Part]:
    """Return items 1.1 to 4.4."""
    found = acquired(run)
    return [
        Part("1 Experiment overview", tuple(_experiment(run, found))),
        Part("2 Flow sample", tuple(_sample(run, found))),
        Part("3 Instrument", tuple(_instrument(found))),
        Part("4 Data analysis", tuple(_analysis(run))),
    ]


def _experiment(run: RunLike, found: Acquired) -> Iterator[Item]:
    yield Item("1.1", "Purpose", missing="What the experiment was for.")
    yield Item("1.2", "Keywords", missing="Keywords, such as those of the paper.")
    yield Item("1.3", "Experiment variables", _variables(run))
    places = found.said("institution")
    address = "Its address." if places else "Name and address."
    yield Item("1.4", "Organisation", f"{joined(places)} ($INST)." if places else "", address)
    operators = f"Operator of the cytometer: {joined(found.operators)} ($OP)." if found.operators else ""
    yield Item("1.5", "Primary contact", operators, "Name and e-mail of the primary contact.")
    yield _dates(found)
    yield Item("1.7", "Conclusions", missing="The authors' own; section Overview says what was found.")
    yield Item("1.8", "Quality control", *_quality(run))


def _variables(run: RunLike) -> str:
    seen = facts.visits(run)
    named = [f"patients ({len(facts.subjects(run))})"] if facts.subjects(run) else []
    if seen:
        named.append(f"visits ({', '.join(visit.name for visit in seen)})")
    if facts.responders(run):
        named.append("response")
    if panels(run):
        named.append(f"panels ({', '.join(panels(run))})")
    if "batch" in run.samples.columns:
        batches = unique(str(name) for name in run.samples["batch"].dropna())
        named += [f"batches ({len(batches)})"] if batches else []
    words = joined(named)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _dates(found: Acquired) -> Item:
    if not found.first:
        return Item("1.6", "Date", missing="Date or period of the experiment.")
    days = found.first if found.first == found.last else f"{found.first} to {found.last}"
    return Item("1.6", "Date", f"Acquired {days} ($DATE of {plural(found.n_dated, 'file')}).")


def _quality(run: RunLike) -> tuple[str, str]:
    kinds = roles(run)
    tubes = [
        f"{plural(kinds[role], 'tube')} of role {role.replace('_', ' ')}"
        for role in _CONTROLS
        if kinds.get(role)
    ]
    said = [f"In the sample sheet: {joined(tubes)}."] if tubes else []
    events = facts.limits(run)
    said.append(
        f"Populations below {events['lod_events']} and {events['lloq_events']} events and parents below "
        f"{events['min_parent']} are flagged."
    )
    if len(run.triage):
        said.append("Every gate of every tube was ranked by how unusual it is (section Gates to look at).")
    if len(run.qc):
        said.append("Checks of each tube are in the table qc.")
    return " ".join(said), "Instrument quality control and calibration."


def _sample(run: RunLike, found: Acquired) -> Iterator[Item]:
    n = len(facts.subjects(run))
    material = f"Samples of {plural(n, 'patient')}." if n else ""
    unsaid = "Type and source of the material, organism, age, sex, phenotype, treatment."
    yield Item("2.1", "Material", material, unsaid)
    yield Item("2.2", "Sample characteristics", missing="What is expected of the sample (cells, controls).")
    yield Item("2.3", "Sample treatment", missing="Preparation, freezing, staining, fixation.")
    labels = unique(
        " ".join(part for part in (str(channel.get("label") or ""), f"({channel['name']})") if part)
        for setup in found.setups
        for channel in setup.get("channels") or ()
        if channel.get("label")
    )
    said = f"Labels in the files: {', '.join(labels)}." if labels else _markers(run)
    yield Item("2.4", "Fluorescence reagents", said, "Antibody clones, manufacturers, catalogue numbers.")


def _markers(run: RunLike) -> str:
    markers = unique(str(name) for entry in templates(run).values() for name in entry.get("markers") or ())
    return f"Markers that gates use: {', '.join(markers)}." if markers else ""


def _instrument(found: Acquired) -> Iterator[Item]:
    yield Item("3.1", "Manufacturer", missing="Manufacturer of the cytometer.")
    models = unique(
        str(setup["cytometer"])
        + (f", serial number {setup['serial_number']}" if setup.get("serial_number") else "")
        for setup in found.setups
        if setup.get("cytometer")
    )
    said = f"{'; '.join(models)} ($CYT, $CYTSN)." if models else ""
    yield Item("3.2", "Model", said, "" if said else "Model of the cytometer.")
    yield Item("3.3", "Configuration and settings", *_configuration(found))


def _configuration(found: Acquired) -> tuple[str, str]:
    said, missing = [], ["fluidics"]
    if found.said("software"):
        said.append(f"Software: {joined(found.said('software'))}.")
    if found.lasers:
        said.append(f"Lasers: {joined(found.lasers)}.")
    else:
        missing.append("lasers")
    channels: list[Mapping[str, Any]] = [
        channel for setup in found.setups for channel in setup.get("channels") or ()
    ]
    for key, words in (("filter", "optical filters"), ("voltage", "voltages or gains of detectors")):
        if any(channel.get(key) for channel in channels):
            said.append(f"{words[:1].upper()}{words[1:]}: see the table of channels.")
        else:
            missing.append(words)
    if len(found.setups) > 1:
        said.append(f"{len(found.setups)} set-ups differ in a channel, voltage or other entry.")
    return " ".join(said), f"{joined(missing)[:1].upper()}{joined(missing)[1:]}."


def _analysis(run: RunLike) -> Iterator[Item]:
    files = len(run.manifest.get("inputs") or {})
    said = f"{plural(files, 'FCS file')}; names and SHA-256 in section Provenance." if files else ""
    yield Item("4.1", "List-mode data files", said, "Where they can be had, such as FlowRepository FR-FCM-….")
    for number, title, words, missing in (
        ("4.2", "Compensation", compensation_words(run), "How files were compensated."),
        ("4.3", "Data transformation", scale_words(run), "Scales on which gates were drawn."),
        ("4.4", "Gating", gating_words(run), "Description of the gates."),
    ):
        text = " ".join(words)
        if text and number == "4.4" and len(run.populations):
            n = count_text(run.populations["population"].nunique())
            text += (
                f" Counts and percentages of all {n} populations: populations.parquet; borders: gates.jsonl."
            )
        yield Item(number, title, text, "" if text else missing)


def channel_rows(run: RunLike) -> list[dict[str, str]]:
    """Return the channels of the first set-up, and in how many values others differ.

    Voltages of further set-ups stand in the same cell, each once.
    """
    rows: dict[tuple[str, str], dict[str, list[str]]] = {}
    for setup in acquired(run).setups:
        for channel in setup.get("channels") or ():
            key = (str(channel.get("name") or ""), str(channel.get("label") or ""))
            row = rows.setdefault(key, {})
            for name, value in channel.items():
                row.setdefault(name, []).append(f"{value:g}" if isinstance(value, float) else str(value))
    return [{name: ", ".join(unique(values)) for name, values in row.items()} for row in rows.values()]
