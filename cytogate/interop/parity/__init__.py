"""Parity: FlowJo's stored counts beside ours, and why they differ where they do.

`comparison` gates the samples and lines the counts up, `reach` finds how far FlowJo's display grid can move
each count, `verdict` says of each difference whether that explains it.
"""

from cytogate.interop.parity.comparison import compare, compare_sample
from cytogate.interop.parity.reach import Reach, reaches
from cytogate.interop.parity.verdict import Parity, PopulationParity, SampleParity, Verdict, judge

__all__ = [
    "Parity",
    "PopulationParity",
    "Reach",
    "SampleParity",
    "Verdict",
    "compare",
    "compare_sample",
    "judge",
    "reaches",
]
