"""Templates: what an analyst writes, by marker and in data values, until it meets a file.

- Reading: `library` finds a template, `file` reads it by the forms in `models` and `fields`, `checks` holds
  its parts against each other, `describe` says it in words.
- Meaning: `gating_template` is the template, of `parts` and `shapes`.
- Meeting files: `markers` and `matching` find channels and the matrix of a file, `fits` estimates scales over
  the files of a study, `resolve` makes the gating strategy of one file.
"""

from cytogate.gating.template.gating_template import GatingTemplate

__all__ = ["GatingTemplate"]
