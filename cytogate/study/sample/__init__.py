"""One tube: gated, measured, drawn and judged by a pure function of small values; whatever fails is a row.

- `sample_job` does it all in its order; `failure` makes a row of what fails.
- Its steps: `cleaning` (checks of events, and what they take out), `gate_checks` (how sure each gate is,
  as `looks`), `previews` (pictures), `control_overlays` (beside its FMO tubes), `instruments` and
  `matrices` (what the file says).
"""
