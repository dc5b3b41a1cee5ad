"""The figures of the report, one kind a file: each registers what makes its figures of a run."""
