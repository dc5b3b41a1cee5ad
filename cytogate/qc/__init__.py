"""Quality control of tubes: what went wrong while events were acquired, stained or compensated.

- `check` - what a check is, and its verdicts; `checks` - one file each, found by the registry.
- `watch` - one pass over a file that keeps what checks of events look at, worked out by `evidence`:
  the `clock`, the `flow`, and `trajectories` of which `bad_bins` leave the rest.
- `gated` - what checks of populations look at: the result of gating.
- `inspection` - all checks of a tube, and the gates that take out what they found. Cleaning takes nothing
  away by itself: it returns ordinary gates (`cytogate.gating.cleaning`).
- `track` - a tube over time, small enough to keep for the report.
"""
