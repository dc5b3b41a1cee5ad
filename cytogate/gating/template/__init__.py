"""Templates: what an analyst writes, by marker and in data values, until it meets a file.

- Reading: `library` finds a template, `file` reads it. Its form: `models` (with `geometry_models`,
  `cut_models`, `section`, `fields`), held against a document by `validation`. Its sense: `checks`,
  `cut_checks`, `method_arguments`, `unread`, `tree_checks`. `describe` says it in words, with
  `fitted_words`; `method_schema` tells editors the methods and their arguments.
- Meaning: `gating_template` is the template, of `parts` and `shapes` (each a `shape`); `fitted` is what is
  found in the data, in the rounds that `levels` counts; `scaled_axis` places coordinates. `without_asc` is a
  switch that makes it another one; `propose` makes one for the panel of a file, by `trimming`, and `driven`
  finds its cuts in the data.
- Meeting files: `markers` and `matching` find channels and the matrix of a file, `meeting` puts a template
  and a file together, `resolve` makes the gating strategy of the file, with what ``gating/fitting`` found.
"""

from cytogate.gating.template.gating_template import GatingTemplate

__all__ = ["GatingTemplate"]
