"""What the cytometer writes beside the events: keywords like those of a five-laser BD instrument."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from cytogate.simulate.artefacts import TICKS_PER_SECOND
from cytogate.simulate.panels import RANGE, SCATTER
from cytogate.simulate.patients import SUBJECTS
from cytogate.simulate.seeds import stream
from cytogate.simulate.spillover import spillover_keyword

if TYPE_CHECKING:
    from cytogate.simulate.tube import Tube

_FIRST_INFUSION = date(2019, 3, 4)
_DAYS_BETWEEN_PATIENTS = 28
_SCATTER_VOLTAGES = {"FSC-A": 360, "FSC-H": 360, "SSC-A": 245, "SSC-H": 245}
_LASERS = (
    ("Blue", "0.00", "0.80"),
    ("Violet", "-37.50", "0.84"),
    ("Red", "37.20", "0.66"),
    ("UV", "74.60", "0.78"),
    ("YellowGreen", "-74.80", "0.90"),
)


def visit_date(subject: str, week: int) -> date:
    """Return the (invented) day of a visit."""
    begin = _FIRST_INFUSION + timedelta(days=_DAYS_BETWEEN_PATIENTS * SUBJECTS.index(subject))
    return begin + timedelta(weeks=week)


def tube_keywords(tube: Tube, *, seed: int, study: str, file_name: str) -> dict[str, str]:
    """Return the keywords of a tube, apart from those that describe the layout of its file.

    Parameters
    ----------
    tube : Tube
        A simulated tube.
    seed : int
        Seed of the trial; only the hour of acquisition hangs on it.
    study : str
        Name of the experiment.
    file_name : str
        What `$FIL` says.

    Returns
    -------
    dict
        Keyword to value; values are not empty.
    """
    name, panel = tube.name, tube.panel
    rng = stream(seed, "clock", name.subject, name.week, name.panel)
    day = visit_date(name.subject, name.week)
    start = datetime.combine(day, time(10 if name.panel == "bcell" else 14)) + timedelta(
        seconds=int(rng.integers(0, 5400))
    )
    seconds = float(tube.values[-1, -1]) / TICKS_PER_SECOND if len(tube.values) else 0.0
    stop = start + timedelta(seconds=seconds + 1.0)
    keywords = {
        "$BTIM": start.strftime("%H:%M:%S"),
        "$ETIM": stop.strftime("%H:%M:%S"),
        "$DATE": day.strftime("%d-%b-%Y").upper(),
        "$CYT": "LSRFortessa X-50 (simulated)",
        "$CYTSN": "SIM0001",
        "$COM": "Synthetic events of cytogate simulate, not measured on any patient",
        "$EXP": study,
        "$FIL": file_name,
        "$INST": "Synthetic trial",
        "$OP": "cytogate",
        "$PROJ": study,
        "$SMNO": name.sample,
        "$SRC": name.subject,
        "$CELLS": "enriched B cells" if name.panel == "bcell" else "enriched CD4 T cells",
        "$SYS": "cytogate simulate",
        "$TIMESTEP": "0.01",
        "$SPILLOVER": spillover_keyword(panel, tube.matrix),
        "APPLY COMPENSATION": "TRUE",
        "AUTOBS": "TRUE",
        "CREATOR": "cytogate simulate",
        "EXPERIMENT NAME": study,
        "EXPORT TIME": (stop + timedelta(minutes=20)).strftime("%d-%b-%Y-%H:%M:%S").upper(),
        "FSC ASF": "0.81",
        "PATIENT ID": name.subject,
        "SAMPLE ID": name.sample,
        "SYNTHETIC": "TRUE",
        "THRESHOLD": "FSC,5000",
        "TUBE NAME": f"{name.visit} {panel.title}",
        "VISIT": name.visit,
        "WINDOW EXTENSION": "7.00",
    }
    for number, (laser, delay, scaling) in enumerate(_LASERS, start=1):
        keywords[f"LASER{number}NAME"] = laser
        keywords[f"LASER{number}DELAY"] = delay
        keywords[f"LASER{number}ASF"] = scaling
    voltages = {**_SCATTER_VOLTAGES, **{dye.channel: dye.voltage for dye in panel.dyes}}
    for number, channel in enumerate(panel.channels, start=1):
        if channel in voltages:
            keywords[f"$P{number}V"] = str(voltages[channel])
        keywords[f"P{number}DISPLAY"] = "LIN" if channel in (*SCATTER, "Time") else "LOG"
        keywords[f"P{number}BS"] = "-1"
        keywords[f"P{number}MS"] = "0"
    return keywords


def labels_and_ranges(tube: Tube) -> list[tuple[str, str | None, float]]:
    """Return `$PnN`, `$PnS` and `$PnR` of every channel in file order."""
    labels = {dye.channel: dye.label for dye in tube.panel.dyes}
    return [(channel, labels.get(channel), RANGE) for channel in tube.panel.channels]
