"""Sheets: the tables that people write, read cell by cell and checked, every problem with its row and column.

- Tables as text: `table_text` reads `csv_table` and `excel_table` (looked through by `workbook_guard`) as
  `table_rows`; `table_columns` knows the names of columns, `decimal_marks` tells decimal commas.
- What cells mean: `cells` are ids, numbers and amounts, `row_cells` those of one row, `visits` the week that
  a visit is.
- The sheets: `sheet` (samples), `clinical_sheet` and `analyte_sheet`; `doubts` asks about rows that are more
  often a slip.
"""
