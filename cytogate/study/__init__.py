"""A whole study: from the study file and its sheet, sample by sample, to a run folder.

- What is asked for: `study` with its `study_parts` (`study_file`, by `study_form` and
  `study_checks`; `study_repair` looks on behind slips), `sheet` and
  `clinical_sheet` (read by `table_text`, cell by cell with `cells`, questioned by `doubts`), `statistics`;
  `init` and `init_subsets` propose a first one.
- Before events are read: `plan` checks everything with `endpoints` and `adjustments` (gates changed by hand),
  `survey` looks at every header, `fitting` finds what templates leave to be found, with the tubes that
  `controls` names.
- The work: `run_study` gives each `sample_job` to one of the `executors` (`process_pool`, `outcomes`);
  `failure` makes rows of what fails. `gate_checks` makes `looks` at the gates of each sample, and `triage`
  ranks them; `split_job` tells gates from biology in the changes between visits, `spread_job` what single
  stains spread into other detectors; `control_overlays` sets samples beside their FMO tubes.
- What follows: `measures` and `clinical_measures` make series of tables, `conclusions` asks of them what the
  study lists (`questions` checks that it can), `families` corrects for their number, `responses` and `rates`
  say who responded; `conclude` writes it, with a run or again in a finished one.
- What is kept: `tables` and their `rows` (with `cell_counts` in blood), `previews`, `matrices`,
  `spreadsheets` and the `manifest` (hashes of `input_files`, `instruments`, `template_facts`), under `names`
  that are safe, put by `store` into a `run_folder`; `run` opens it, and `export` takes it into other
  programs. `hooks` breaks it on request, for tests.
"""
