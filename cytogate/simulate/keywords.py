"""What the cytometer writes beside the events: keywords like those of BD Diva and of SpectroFlo."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from cytogate.simulate.panels import SCATTER, TIME
from cytogate.simulate.patients import number_of
from cytogate.simulate.seeds import stream
from cytogate.simulate.spillover import spillover_keyword

if TYPE_CHECKING:
    from cytogate.simulate.tube import Tube

_FIRST_INFUSION = date(2019, 3, 4)
_DAYS_BETWEEN_PATIENTS = 28
_MICROLITRES_A_SECOND = 0.55  # medium flow
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
    begin = _FIRST_INFUSION + timedelta(days=_DAYS_BETWEEN_PATIENTS * number_of(subject))
    return begin + timedelta(weeks=week)


def tube_keywords(
    tube: Tube, *, seed: int, study: str, file_name: str, enriched: bool = True
) -> dict[str, str]:
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
    enriched : bool
        Whether the cells were.

    Returns
    -------
    dict
        Keyword to value; values are not empty.
    """
    name, panel = tube.name, tube.panel
    again = (name.replicate,) if name.replicate > 1 else ()
    rng = stream(seed, "clock", *name.keys, *again)
    day = visit_date(name.subject, name.week)
    start = datetime.combine(day, time(10 if name.panel == "bcell" else 14)) + timedelta(
        seconds=int(rng.integers(0, 5400))
    )
    seconds = float(tube.values[-1, -1]) / tube.optics.ticks_per_second if len(tube.values) else 0.0
    stop = start + timedelta(seconds=seconds + 1.0)
    own = _cytek(tube, seconds) if tube.optics.spectral else _bd()
    title = f"{name.visit} {panel.title}"
    if name.role != "sample":
        title = f"{title} {name.role.replace('_', ' ')} {name.control_for}".rstrip()
    cells = "mononuclear cells"
    if enriched:
        cells = "enriched B cells" if name.panel == "bcell" else "enriched CD4 T cells"
    keywords = {
        "$BTIM": start.strftime("%H:%M:%S"),
        "$ETIM": stop.strftime("%H:%M:%S"),
        "$DATE": day.strftime("%d-%b-%Y").upper(),
        "$CYT": own.pop("$CYT"),
        "$CYTSN": own.pop("$CYTSN"),
        "$COM": "Synthetic events of cytogate simulate, not measured on any patient",
        "$EXP": study,
        "$FIL": file_name,
        "$INST": "Synthetic trial",
        "$OP": "cytogate",
        "$PROJ": study,
        "$SMNO": name.sample,
        "$SRC": name.subject,
        "$CELLS": cells,
        "$SYS": "cytogate simulate",
        "$TIMESTEP": f"{1 / tube.optics.ticks_per_second:g}",
        "$SPILLOVER": spillover_keyword(tube.channels[4:-1], tube.matrix),
        **({} if tube.optics.spectral else {"APPLY COMPENSATION": "TRUE", "AUTOBS": "TRUE"}),
        "CREATOR": "cytogate simulate",
        "EXPERIMENT NAME": study,
        "EXPORT TIME": (stop + timedelta(minutes=20)).strftime("%d-%b-%Y-%H:%M:%S").upper(),
        **({} if tube.optics.spectral else {"FSC ASF": "0.81"}),
        "PATIENT ID": name.subject,
        "SAMPLE ID": name.sample,
        "SYNTHETIC": "TRUE",
        "THRESHOLD": own.pop("THRESHOLD"),
        "TUBE NAME": title,
        "VISIT": name.visit,
        **own,
    }
    for number, (laser, delay, scaling) in enumerate(_LASERS, start=1):
        keywords[f"LASER{number}NAME"] = laser
        keywords[f"LASER{number}DELAY"] = delay
        keywords[f"LASER{number}ASF"] = scaling
    voltages = {} if tube.optics.spectral else {dye.channel: dye.voltage for dye in panel.dyes}
    for number, channel in enumerate(tube.channels, start=1):
        if channel in (*SCATTER, *voltages):
            keywords[f"$P{number}V"] = str({**_SCATTER_VOLTAGES, **voltages}[channel])
        keywords[f"P{number}DISPLAY"] = "LIN" if channel in (*SCATTER, TIME) else "LOG"
        if not tube.optics.spectral:
            keywords[f"P{number}BS"] = "-1"
            keywords[f"P{number}MS"] = "0"
    return keywords


def _bd() -> dict[str, str]:
    return {
        "$CYT": "LSRFortessa X-50 (simulated)",
        "$CYTSN": "SIM0001",
        "THRESHOLD": "FSC,5000",
        "WINDOW EXTENSION": "7.00",
    }


def _cytek(tube: Tube, seconds: float) -> dict[str, str]:
    """Return what SpectroFlo writes; values are unmixed, so the spillover beside them is the identity."""
    return {
        "$CYT": "Aurora (simulated)",
        "$CYTSN": "SIM0002",
        "$VOL": f"{_MICROLITRES_A_SECOND * seconds + 0.01:.2f}",
        "$FLOWRATE": "Medium",
        "GROUPNAME": tube.name.visit,
        "THRESHOLD": "(FSC,100000)",
        "TUBENAME": tube.name.sample,
        "UNMIXED": "TRUE",
        "WINDOW EXTENSION": "3",
    }


def labels_and_ranges(tube: Tube) -> list[tuple[str, str | None, float]]:
    """Return `$PnN`, `$PnS` and `$PnR` of every channel in file order."""
    spectral, top = tube.optics.spectral, tube.optics.top
    labels: list[str | None] = [dye.marker if spectral else dye.label for dye in tube.panel.dyes]
    last = max(top, float(tube.values[-1, -1]) + 1.0) if spectral and len(tube.values) else top
    tops = [top] * (len(tube.channels) - 1) + [float(round(last))]
    return list(zip(tube.channels, [None] * len(SCATTER) + labels + [None], tops, strict=True))
