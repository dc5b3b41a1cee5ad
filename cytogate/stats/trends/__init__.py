"""Tests and models of trends, one file each: a `Series` and a `Question` in, rows of comparisons out."""
