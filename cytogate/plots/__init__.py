"""Figures: functions from tables and preview dictionaries to plotly figures, SVG and pages.

- Trends: `trends` (plotly), `trend_svg` and `panels` (no script), all from the points of `series`.
- Gating: `gating` draws a panel of `raster`, `axes` and `gate_labels`.
- `bars` - amounts with their values.
- Files: `rendering` (SVG, PDF, PNG by a browser); `picture` puts panels side by side.
- Shared: `palette`, `numbers` and `words` of figures; `pages` and `offline` for HTML that needs no network.
"""
