"""TEXT: `words` between delimiters, paired by `parse` to `keywords`; `numbers` are read strictly.

`standing` holds keywords against the version of the standard that a file states, `unkeyed` says why there are
none, and `quoted` how bytes are shown.
"""
