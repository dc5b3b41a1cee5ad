"""Channels: what the keywords of each ``$Pn`` say.

`parameters` reads them all, `amplification` log scale and gain; a `panel` finds channels by name or by what
their `labels` say.
"""
