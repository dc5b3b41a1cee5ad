"""Compiled loops: arrays in, arrays out; numpy and numba only.

- Reading: `unpack`, `columns` (channels, compensation, ratios), `transforms` (with `exponential`); `summary`
  (ranges of values, and odd ones), `beyond` (events off scale), `ascii_numbers`.
- Gating: `program` drives a tree over blocks by `operations`; `shapes` and `geometry` are exact, `rasters`
  (found by `raster_index`) answer for whole cells.
- Statistics: `combinations`, `quantiles`, `exact_sum`; `histogram` for pictures, `looking` for what gating
  methods look at.
- `_jit` and `_cache` say how all of them are compiled and kept.
"""
