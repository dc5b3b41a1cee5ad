"""Running: jobs given to whoever does them, and kept as soon as they are done.

- Who works: `executors` (this process, threads, a `process_pool` of which each is a `worker_process`, a
  `dask_cluster`); `outcomes` are what becomes of a job.
- What is done: `fitting` (what templates leave to be found, in looks that a `fit_crew` does), `gating` (each
  sample, by the `jobs` of a plan), `split_job` (gates or biology between visits), `spread_job` (single
  stains).
- What is kept: `kept` pieces, told by a `journal`, under `keys` of all that they rest on; `result_text`
  is how a result is written.
- What is told meanwhile: `events`, summed up by `tally`.
"""
