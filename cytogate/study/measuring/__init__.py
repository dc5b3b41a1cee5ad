"""Measuring: from the tables of a run to series that tests of trends take.

- `measures` are of tubes, `clinical_measures` of patients, `relative` ones are ratios and compositions.
- `questions` says what a study asks of them, and whether the tables hold it.
"""
