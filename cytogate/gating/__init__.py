"""Gating: templates resolve to strategies, and the engine runs strategies over events in one pass.

- `template/` - what an analyst writes, until it meets a file: reading, checking, resolving.
- `fitting/` - what a template leaves to be found in the data, over all files of a study.
- `looking` - one pass over a file that summarises populations for the methods that place gates.
- `strategy` - what the engine runs: populations (`node`, `tree`, `hang`) of gates on concrete channels.
- `engine` - ``gate``: `lowering`, `program` and `columns` compile a strategy for a source, as `compiled`
  has it, `rasters` answer shapes, `passes` go over the events in chunks, `result` holds what was found.
- `loaded` - a sample kept in memory, for gates that change while they are drawn.
- `uncertainty` - what percentages would be if fitted gates lay elsewhere; `split` - gate or biology, by
  `carrying` gates to where the cells' peaks moved; `border` - how dense events are where a gate ends;
  `blur` - how far events of two populations run into each other there; `spans` - how far the axis of a
  dimension goes.
- `shares` - counts as shares, on the scale on which their changes add up.
- `adjusting` - a gate of one sample, changed by hand; `cleaning` - gates in front of the tree.
- `definitions` - the subset registry: names, synonyms and rival definitions of subsets.
- `intensities/` and `measures/` - statistics of populations on channels, and one file for each statistic.
- `views` - the density picture behind each gate; `sampling` - a bounded sample of events;
  `warm_up` - compiles all kernels at once.
"""
