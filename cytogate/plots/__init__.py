"""Figures: functions from tables and preview dictionaries to plotly figures, SVG and pages.

- Courses of `series`, measured in a `quantity`, on `course_axes`: `trends` (plotly); without script
  `trend_svg`, `panels` (one patient a panel) and `timelines` (measures of a patient, aligned).
  `panel_changes` are marked in them.
- Tables of patients and visits: `heat` (change from baseline), `composition` (shares of a whole).
- Gating: `gating` draws a panel of `raster`, `axes` and `gate_labels`.
- All samples at once: `thumbnails` of one gate, `overlays` beside controls; `heat_maps` of matrices.
- Statistics: `changes` (before and after, forests), `relations` of two measures; `small_svg` makes them SVG.
- `bars` - amounts with their values.
- Quality: `time_svg` (a tube over time), `levey_jennings` (control charts).
- Files: `rendering` (SVG, PDF, PNG by a browser); `picture` puts panels side by side.
- Shared: `palette`, `numbers` and `words` of figures; `pages` and `offline` for HTML that needs no network.
"""
