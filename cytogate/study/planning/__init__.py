"""Planning: everything that can be checked before any event is read.

- `plan` reads study, sheets and templates, and refuses with all problems at once; `survey` looks at every
  header.
- What it checks with: `endpoints` (subsets in templates), `controls` (FMO tubes and single stains),
  `adjustments` (gates changed by hand), `bridging` (trends across a change of panel), `cell_counts`
  (cells in blood, of the `kept_part` of a tube).
- `shards` deals the tubes out to runs that know nothing of each other.
"""
