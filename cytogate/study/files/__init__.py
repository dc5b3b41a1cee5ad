"""Files: where they lie, what they hold, and what they may be called; below all else of a study.

- Where: `places` resolves what a sheet names, below the data root or behind a URL that the study allows.
- What: `input_files` hashes a file and tells whether it was written to meanwhile; `hashing` does so for many;
  `sources` are the files that templates are read from.
- Names: `names` are safe for any file system, and in the order people expect.
"""
