"""Intensities: statistics of all populations on all channels, from few passes over the events.

`measuring` is asked, and asks the measures (``gating/measures``, one statistic a file) whether they need
ranks or sums. `combinations` numbers the sets of populations that events are in, `member_pass` goes over the
events once for them, `order_statistics` finds values of given rank (`narrowing` where a sample of the events
misled it) and `exact_sums` adds without rounding.
"""

from cytogate.gating.intensities.measuring import Intensities, measure

__all__ = ["Intensities", "measure"]
