"""The study file: what is gated, what is reported, what is tested; checked once, then frozen.

- `study` with its `study_parts` and its `cleaning` is what the rest of the package sees.
- `study_file` makes it of YAML, by `study_form` (keys and kinds) and `study_checks` (what fits what);
  `study_repair` looks on behind slips, so that one reading tells all problems.
- `panel_versions` tells which stain a tube had, checked by `version_checks`; `statistics` knows the tests
  by name.
"""
