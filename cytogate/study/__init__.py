"""A whole study: from the study file and its sheet, sample by sample, to a run folder.

- What is asked for: `study` with its `study_parts` (`study_file`, by `study_form` and
  `study_checks`; `study_repair` looks on behind slips), `sheet` and
  `clinical_sheet` (cell by cell with `cells`, questioned by `doubts`), `statistics`; `init` proposes a
  first one, by what `init_rows` finds in names (`name_pattern`, `pattern_guess`, `visits`) and
  `init_subsets` in templates.
- Tables as text: `table_text` reads `csv_table` and `excel_table` (looked through by `workbook_guard`) as
  `table_rows`; `table_columns` knows the names of columns, `decimal_marks` tells decimal commas. `places`
  says where the files that they name lie.
- Before events are read: `plan` checks everything with `endpoints` and `adjustments` (gates changed by hand),
  `panel_versions` (by `version_checks`) tells which stain a tube had, `bridging` which trends may cross a
  change of it; `survey` looks at every header, `fitting` finds what templates leave to be found, with the
  tubes that `controls` names; `hashing` tells which files are as they were, and
  `unchanged` by that alone that a run is up to date.
- The work: `run_study` has `gating` give each `sample_job` to one of the `executors` (`process_pool`,
  `outcomes`); `failure` makes rows of what fails. What is found is `kept` as it comes, told by a `journal`,
  under `keys` of what it rests on (`result_text` is how a result is written); `shards` are parts of a study
  that are gated apart, and `merge` makes one run of them.
  `cleaning` runs the checks of a tube and takes out what the study wants out; `gate_checks` makes `looks` at
  the gates of each sample, and `triage` ranks them; `split_job` tells gates from biology in the changes
  between visits, `spread_job` what single stains spread into other detectors; `control_overlays` sets samples
  beside their FMO tubes.
- What follows: `measures`, `relative` (ratios, compositions) and `clinical_measures` make series of tables,
  `conclusions` asks of them what the study lists (`questions` checks that it can), `families` corrects for
  their number, `responses` and `rates` say who responded; `conclude` writes it, with a run or again in a
  finished one.
- What is written: `write_tables` makes `tables` (`growing` ones) of `rows` (with `cell_counts` in blood),
  `previews`, `matrices`,
  `spreadsheets` and the `manifest` (hashes of `input_files`, `instruments`, `template_facts`), under `names`
  that are safe, put by `store` into a `run_folder`; `run` opens it, and `export` takes it into other
  programs. `audit` is the log of what was done to the folder; `verify` proves that the figures are those of
  the files (with the bytes of templates, `sources`).
- What is told meanwhile: `events`, summed up by `tally`. `hooks` breaks a run on request, for tests.
"""
