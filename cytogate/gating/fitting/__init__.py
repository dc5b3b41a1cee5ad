"""Fitting: what a template leaves to be found in the data, found over all files of a study.

- `fit` - ``fit_template``: scales first (`scales`), then cuts and gates in `rounds`, level by level.
- `jobs` - the looks at tubes, one each, which this process does or others; `tubes` - files and control tubes;
  `asking` - one sample: a look at its populations, and what a method answers.
- `fits` - what was found, to be kept; `placement` - one cut or gate of one sample; `placing` makes it, with
  what speaks against it.
- `alone` - a file that was not among those that were fitted, placed by what they say together.
"""

from cytogate.gating.fitting.fits import Fits
from cytogate.gating.fitting.placement import Group, Placement

__all__ = ["Fits", "Group", "Placement"]
