"""A whole study: from the study file and its sheet, sample by sample, to a run folder.

From the bottom up; each package knows only those below it:

- `files`: where files lie, what they hold, what they may be called. `hooks` breaks a run on request, for
  tests.
- `sheets`: the tables that people write. `run_folder`: what a run leaves on disk.
- `definition`: the study file.
- `sample`: the work on one tube. `measuring`: series for tests, from tables.
- `planning`: all checks before events are read.
- `running`: who does the work, and what is kept as it comes. `concluding`: the tests.
- `writing`: tables and manifest.
- `conclude` writes what follows from the tables, with a run or again in a finished one; `export` takes a
  run into other programs.
- `run_study` does a whole run; `foreseen` tells what it would take from an earlier one, `merge` makes one run
  of shards, `verify` proves that figures are those of the files, `first_sheet` proposes a study from a
  folder.
"""
