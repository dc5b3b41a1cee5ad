"""A corpus of FCS files, valid but unusual and malformed, with the truth and the acceptable answers of each.

Written to the standard and to what instruments and programs are known to write, not to what a reader does:
`table` computes values in plain Python, `case` says what a case is, and each theme holds its cases as data.
``python -m fcs.corpus`` (with ``tests`` on the path; ``make outcomes``) judges readers by it.
"""

from __future__ import annotations

from fcs.corpus import data, datasets, header, hostile, parameters, scales, spillover, text

CASES = tuple(
    case
    for theme in (data, scales, header, text, parameters, datasets, spillover, hostile)
    for case in theme.CASES
)
