"""The run folder on disk: whose it is, what may be replaced, and how files get into it whole.

- `folder` says what lies in it and holds its lock; `replacing`, whose run may be replaced; `store` writes
  aside and moves into place; `audit` is the log of what was done to it.
- `tables` are its tables: columns, kinds, order; `growing` writes each from rows as they come;
  `spreadsheets` are CSV and Excel in which no text is a formula.
- `run` opens a finished one.
"""
