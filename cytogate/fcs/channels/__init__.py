"""Channels: what the keywords of each ``$Pn`` say.

`parameters` reads them all as they are `described`, `amplification` log scale and gain, and `record_size`
says in how many bytes their values lie; a `panel` finds channels by name or by what their `labels` say.
"""
