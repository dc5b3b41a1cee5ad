"""Simulated tubes as sources of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events

if TYPE_CHECKING:
    from cytogate.simulate.tube import Tube


def events_of(tube: Tube) -> Events:
    labels = {dye.channel: dye.label for dye in tube.panel.dyes}
    channels = [Channel(name, labels.get(name)) for name in tube.panel.channels]
    detectors = [dye.channel for dye in tube.panel.dyes]
    return Events(tube.values, channels, CompensationMatrix(detectors, detectors, tube.matrix))
