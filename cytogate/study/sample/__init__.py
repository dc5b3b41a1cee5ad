"""One tube: gated, measured, drawn and judged by a pure function of small values; whatever fails is a row.

- `values` are what a sample needs and what it gave; `sample_job` does it all in its order; `failure` makes
  a row of what fails.
- Its steps: `cleaning` (checks of events, and what they take out), `table_rows` (counts and intensities),
  `gate_checks` (how sure each gate is, as `looks`), `previews` (pictures), `control_overlays` (beside its
  FMO tubes), `instruments` and `matrices` (what the file says).
"""
