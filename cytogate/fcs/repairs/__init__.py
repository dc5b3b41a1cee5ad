"""Repairs: each named deviation that a file may have and still be read, with its warning code.

A `repair` is made only where one reading is provable: the DATA segment has the length that ``$TOT`` and the
parameters imply, lies inside the file and does not overlap TEXT. Those marked lenient change the number of
events or the values, and are made on request only. `of_files` and `of_keywords` list them, `codes` finds
one and `advice` says what to do about it; `findings` collects those of one file. `refusals` are the codes
of files that are not read.
"""
