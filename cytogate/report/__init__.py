"""The report: one self-contained HTML page made from a run folder, and its figures as files.

- The page: `page` puts the `sections` together, each a `section` of its own file; `parity_page`
  is another.
- Figures: `figures` declares each `figure` once, for the page and for a file; `figure_files` writes them with
  their `captions`.
- Shared: `facts` of the run, `strips` (the order of plots), `plain` values.
"""

from cytogate.report.page import write_report

__all__ = ["write_report"]
