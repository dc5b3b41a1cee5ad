"""Data-driven gating methods: each looks at a summary of events and says where a gate belongs.

- `summary` is all that a method sees: histograms that add up, and a bounded reservoir of events; `span` says
  how far the histograms of a scale go.
- `base` says what a method is and what it answers: a `Found`, which is a position with its sampling variance,
  its confidence and what it fell back on; the registries find the methods, one file each.
- `cuts` are the methods on one axis: they read the `peaks` of a `density`, which is made of the histogram.
- `shapes` are the methods on two axes.
- `anchoring` shrinks what samples say one by one towards what their subject, batch and study say; `spread`
  is how far these lie apart beyond sampling, `levels` where groups and visits lie then, `companion` how far a
  cut goes with another of the same marker, `voices` how many must speak, and `common` what they say together.
- `crossing` says whether a cut that others have placed runs through a peak of a sample's own.

Nothing here knows templates, samples or files. Positions are on the scale of the gate, never data values.
"""
