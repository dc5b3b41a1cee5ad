"""The report: one self-contained HTML page made from a run folder, and its figures as files.

- The page: `page` puts the `sections` together, each a `section` of its own file; `parity_page`
  is another.
- Figures: `figures` declares each `figure` once, for the page and for a file; `figure_files` writes them with
  their `captions`.
- What was found: `findings` are the rows of comparisons, `changes` the patients behind them, `whom` in
  which of them a change is clear; `summary` says both in words, with `subset_words` and `relation_words`.
  `drawn` puts figures into a section.
- Over the weeks: `measures` beside shares of cells, `folds` from baseline and `compositions`;
  `plots_of` them on the screen and on paper, with `panel_changes`.
- Words: `methods_text` (with `methods_gating`, `methods_conclusions`) and the `miflowcyt` checklist, from
  what `manifest_facts` finds.
- Names and words: `labels` gives all names, `touched` the subsets that a cut decides, `sizes` says factors in
  everyday words, `glossary` explains terms.
- Shared: `facts` of the run, what is `remembered` of a run, `strips` (the order of plots), `ways` (which
  subsets hang on a gate), `plain` values.
"""

from cytogate.report.page import write_report

__all__ = ["write_report"]
