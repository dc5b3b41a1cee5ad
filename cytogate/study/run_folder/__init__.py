"""The run folder on disk: whose it is, what may be replaced, and how files get into it whole.

- `folder` says what lies in it and holds its lock; `store` writes aside and moves into place; `audit` is
  the log of what was done to it.
- `tables` are its tables: columns, kinds, order; `growing` ones take rows as they come; `spreadsheets`
  write CSV and Excel in which no text is a formula.
- `run` opens a finished one.
"""
