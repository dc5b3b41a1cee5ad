"""DATA: how a record lies (`layout`, `byte_order`) and how its values are read.

Blocks of `records` that threads share (`ranges`), as `readers` hand them out, become tables and summaries
(`values`); `ascii` data are decoded when a file is opened, from where `ascii_place` proves them.
"""
