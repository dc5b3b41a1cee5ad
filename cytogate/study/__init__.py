"""A whole study: from the study file and its sheet, sample by sample, to a run folder.

- What is asked for: `study` (by the forms of `study_file`; `study_repair` looks on behind slips), `sheet` and
  `clinical_sheet` (read by `table_text`, questioned by `doubts`), `statistics`; `init` and `init_subsets`
  propose a first one.
- Before events are read: `plan` checks everything with `endpoints` and `adjustments` (gates changed by hand),
  `survey` looks at every header, `fitting` finds what templates leave to be found, with the tubes that
  `controls` names.
- The work: `run_study` gives each `sample_job` to one of the `executors` (`process_pool`, `outcomes`);
  `failure` makes rows of what fails. `gate_checks` looks at the gates of each sample and `triage` ranks them;
  `split_job` tells gates from biology in the changes between visits.
- What is kept: `tables` and their `rows`, `previews`, `spreadsheets` and the `manifest`, under `names` that
  are safe, put by `store` into a `run_folder`; `run` opens it. `hooks` breaks it on request, for tests.
"""
