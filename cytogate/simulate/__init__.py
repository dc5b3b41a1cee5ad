"""The synthetic trial: patients, tubes, photons and the truth beside them.

- The trial: `spec` with its `sections` says what it is like (`spec_reading`, `spec_checks`), `schedule` which
  tubes of which `names` it has; `trial` writes it, with `study_files` and `truth` beside the tubes; `seeds`
  keep what is drawn for one tube from depending on the others.
- Patients: `patients`, `clinical`, `analytes`.
- A tube: `content` is `composition` of `populations` as `cells`; then what the cytometer of `panels` and
  `optics` makes of them: `staining`, `spillover` or `spectra`, `photons`, `artefacts`, `disturbances`,
  `keywords`; `tube` puts it together.
- The folder presets holds the YAML of the presets of the nuisance.
"""

from __future__ import annotations

from cytogate.simulate.spec import TrialSpec, read_spec
from cytogate.simulate.trial import simulate_trial

__all__ = ["TrialSpec", "read_spec", "simulate_trial"]
