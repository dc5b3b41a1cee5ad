"""Benchmark: how fast cytogate gates on this machine, and how fast other programs do the same work.

- `benchmark` is the plan; it measures everything in one run.
- What is gated: `inputs`, of files of one's own (`generic`, a tree for any file) or generated (`sample`,
  with `tree` or `deep`).
- What is timed: `work` of cytogate, `peers` (other programs), `workers` (several processes), `cold` starts,
  `fitting` of templates.
- How: `clock` in turns, `memory` at the peak, both in `fresh` processes; `machine` says where.
- What is shown: `wording` in words and tables, `page` as HTML.

The suite that makes docs/benchmarks.md stands outside the package, in ``benchmarks/``, and uses these parts.
"""
