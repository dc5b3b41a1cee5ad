"""The synthetic trial: patients, tubes, photons and the truth beside them.

- The trial: `spec` says what it is like, `trial` writes it, with `study_files` and `truth` beside the tubes;
  `seeds` keep what is drawn for one tube from depending on the others.
- Patients: `patients`, `clinical`, `analytes`.
- A tube: `composition` of `populations`, `cells`, then what the cytometer of `panels` makes of them:
  `spillover`, `photons`, `artefacts`, `keywords`; `tube` puts it together.
"""

from __future__ import annotations

from cytogate.simulate.spec import TrialSpec, read_spec
from cytogate.simulate.trial import simulate_trial

__all__ = ["TrialSpec", "read_spec", "simulate_trial"]
