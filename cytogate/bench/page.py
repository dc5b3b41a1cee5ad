"""The page of a benchmark: bars, tables and the machine, one HTML file that asks the network for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.bench.machine import in_words
from cytogate.bench.wording import counts_table, headline, remarks, tables, time_text, work_in_words
from cytogate.bench.work import stage_name
from cytogate.bench.workers import worker_name
from cytogate.plots.bars import Bar, bar_figure
from cytogate.plots.offline import json_block, offline_script, packed_plotly, policy
from cytogate.plots.pages import asset, page_templates
from cytogate.plots.trends import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OURS, OURS_LIGHT, PEER, LIMIT_COLOUR = "#1d5c73", "#6fa3b5", "#D55E00", "#9aa7ae"
_COLOURS = {"numpy": LIMIT_COLOUR, "cytogate": OURS}


def page_html(found: dict[str, Any]) -> str:
    """Return the page of what `run_benchmark` found, as text."""
    script = offline_script() + asset("cytogate.bench", "benchmark.js")
    figures = {name: draw(found).to_plotly_json() for name, draw in _FIGURES.items()}
    return (
        page_templates("cytogate.bench")
        .get_template("benchmark.html")
        .render(
            found=found,
            work=work_in_words(found),
            machine=in_words(found["machine"]),
            headline=headline(found),
            remarks=remarks(found),
            tables=[*tables(found), counts_table(found)],
            drawn=set(figures),
            style=Markup(asset("cytogate.bench", "benchmark.css")),
            script=Markup(script),
            policy=policy(script),
            figures=Markup(json_block({"template": TEMPLATE.to_plotly_json(), "figures": figures})),
            plotly=packed_plotly(),
        )
    )


def _whole(found: dict[str, Any]) -> Any:
    bars = [_timed(row["name"], row, _COLOURS.get(row["program"], PEER)) for row in found["job"]]
    return _times(bars)


def _stages(found: dict[str, Any]) -> Any:
    least = min(row["threads"] for row in found["stages"])
    bars = [
        _timed(stage_name(row["stage"], row["threads"]), row, OURS_LIGHT if row["threads"] == least else OURS)
        for row in found["stages"]
    ]
    return _times(bars)


def _workers(found: dict[str, Any]) -> Any:
    amount = found["sample"]["size"]["events"]
    bars = [
        Bar(row["name"], amount / row["median"] / 1e6, _millions(amount, row["median"]), OURS_LIGHT)
        for row in found["job"]
        if row["program"] == "cytogate"
    ]
    for row in found["workers"]:
        name = f"{worker_name(row['workers'])}, one thread each"
        rate = row["events_per_second"]
        bars.append(Bar(name, rate / 1e6, _millions(rate, 1.0), OURS))
    return bar_figure(bars, unit="million events per second")


def _cold(found: dict[str, Any]) -> Any:
    return _times([_timed(row["state"], row, OURS) for row in found["cold"]["runs"]])


def _memory(found: dict[str, Any]) -> Any:
    peer = found["against"]
    bars = [
        Bar(
            row["name"],
            max(row["extra_mb"], 0.0),
            f"{row['extra_mb']:.0f} MB",
            PEER if row["name"] == peer else OURS,
        )
        for row in found["memory"]
    ]
    return bar_figure(bars, unit="extra memory at the peak, MB")


_FIGURES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "job": _whole,
    "stages": _stages,
    "workers": _workers,
    "cold": _cold,
    "memory": _memory,
}


def _timed(name: str, row: dict[str, Any], colour: str) -> Bar:
    text = time_text(row["median"])
    hover = f"{name}: {text}, from {time_text(row['fastest'])} to {time_text(row['slowest'])}"
    return Bar(name, row["median"], text, colour, row["fastest"], row["slowest"], hover)


def _times(bars: Sequence[Bar]) -> Any:
    """Draw times in seconds, or in milliseconds where all are short."""
    if max(bar.high or bar.value for bar in bars) >= 1.0:
        return bar_figure(bars, unit="seconds")
    short = [
        Bar(
            bar.name,
            bar.value * 1e3,
            bar.text,
            bar.colour,
            None if bar.low is None else bar.low * 1e3,
            None if bar.high is None else bar.high * 1e3,
            bar.hover,
        )
        for bar in bars
    ]
    return bar_figure(short, unit="milliseconds")


def _millions(amount: float, seconds: float) -> str:
    return f"{amount / seconds / 1e6:.1f} million/s"
