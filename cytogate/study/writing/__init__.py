"""Writing: from the results of samples to the files of a run.

- `write_tables` streams them into tables, by way of `rows`; `triage` ranks gates for review by
  what `triage_peers` says, `cleaning_document` grows tube by tube, and `spread_quality` says what
  single stains tell of spreading.
- `manifest` says what the figures rest on, `template_facts` what a reader needs of each template;
  `unchanged` tells by bytes alone that a finished run is up to date.
- `why_again` says what changed where results that were kept do not serve.
"""
