"""Gating: templates resolve to strategies, and the engine runs strategies over events in one pass.

- `template/` - what an analyst writes, until it meets a file: reading, checking, fitting, resolving.
- `strategy` - what the engine runs: populations (`node`, `tree`, `hang`) of gates on concrete channels.
- `engine` - ``gate``: `lowering`, `program` and `columns` compile a strategy for a source, `rasters` answer
  shapes, `passes` go over the events in chunks, `result` holds what was found.
- `loaded` - a sample kept in memory, for gates that change while they are drawn.
- `intensities/` and `measures/` - statistics of populations on channels, and one file for each statistic.
- `views` - the density picture behind each gate; `sampling` - a bounded sample of events;
  `warm_up` - compiles all kernels at once.
"""
