"""A run in the formats of other programs: tables, one workbook, AnnData, FCS files of populations.

- Tables: `tables` (CSV, Parquet), `workbook` (XLSX), with what `column_words` says of each column.
- Cells: `gated_again` gates a sample as the run did; `populations` writes FCS files of it, `events` and
  `medians` are AnnData objects, which `anndata_files` writes.
- `places` - where files go: safe names, nothing overwritten unasked.
"""
