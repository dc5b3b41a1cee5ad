"""The synthetic trial: patients, tubes, photons and the truth beside them."""

from __future__ import annotations

from cytogate.simulate.spec import TrialSpec, read_spec
from cytogate.simulate.trial import simulate_trial

__all__ = ["TrialSpec", "read_spec", "simulate_trial"]
