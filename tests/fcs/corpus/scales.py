"""Scale values: log scales, gains and time steps as the standard defines them."""

from __future__ import annotations

from fcs.corpus.case import Cases
from fcs.corpus.table import Column, Table

_TICKS = (0, 1, 512, 1023)


def _one(name="FL1-A", values=_TICKS, bits=16, **more):
    """An integer column of ten bits."""
    return Column(name, values, bits, more.pop("range", 1024), "I", **more)


def _table(*columns, **more):
    return Table(columns, datatype="I", **more)


def _found():
    valid = Cases("scales", are_valid=True)
    valid.add("log 4,1", _table(_one(log="4,1")), "exact")
    valid.add("log 5,0.1", _table(_one(log="5,0.1")), "exact")
    valid.add(
        "log 4.5,1.0 of a range that is no power of two", _table(_one(log="4.5,1.0", range=1000)), "exact"
    )
    valid.add("gain", _table(_one(gain="3.67")), "exact")
    valid.add("log beside gain 1", _table(_one(log="4,1", gain="1.0")), "exact")
    valid.add(
        "log on one, gain on another, none on a third",
        _table(_one(log="4,1"), _one("FL2-A", gain="4.0"), _one("FL3-A")),
        "exact",
    )
    time = Column("Time", (0, 10, 500, 65535), 16, 65536, "I")
    valid.add("$TIMESTEP of integer time", _table(_one(), time, timestep="0.01"), "exact")
    slow = Column("TIME", (0.0, 1.5, 3.0, 1e6))
    valid.add(
        "$TIMESTEP of float time",
        Table((slow, Column("A", (1.0, 2.0, 3.0, 4.0))), timestep="0.0001"),
        "exact",
    )
    valid.add("$TIMESTEP without a time channel", _table(_one(), timestep="0.01"), "exact | +")
    gained = Column("Time", (0.0, 1.5, 3.0), gain="0.01")
    diva = Table((gained, Column("FSC-A", (1.0, 2.0, 3.0), gain="1.0")), timestep="0.01")
    valid.add("gain of time is not applied", diva, "exact | +time-gain-ignored")
    divided = Table((Column("FSC-A", (1.0, 2.0, 3.0), gain="4.0"),))
    valid.add("gain of floats before 3.2", divided, "exact")
    kept = Table(divided.columns, version="3.2")
    valid.add("gain of floats in 3.2 is not applied", kept, "exact | +gain-on-float-ignored")
    junk = _table(_one(values=(0xF000 | 512, 3), log="4,1"))
    valid.add("log after the mask", junk, "+bits-beyond-range")
    exponent = _table(_one(gain="1e-2"))
    valid.add("gain with an exponent", exponent, "exact")
    return valid.found


CASES = _found()
