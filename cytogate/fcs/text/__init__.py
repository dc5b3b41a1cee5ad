"""TEXT: `words` between delimiters, paired by `parse` to `keywords`; `numbers` are read strictly.

`marks` stand for doubled delimiters while words are cut, and `collect` makes text of the words that count.
`standing` holds keywords against the version of the standard that a file states, `unkeyed` says why there are
none, and `quoted` how bytes are shown.
"""
