"""Intervals, limits of quantitation, trends and clinical composites: numbers in, numbers with a reason out.

What is asked and answered:

- `series`: one measure of all subjects at all visits.
- `comparison`: what a study asks of it, the row that every answer is, and the registry of tests.
- `refused`: tests by name, and those that are refused with the reason.

What answers:

- `trends/`: one test or model a file.
- `clinical/`: one response index a file.
- `exact`: null distributions of rank statistics, counted.
- `multiplicity`: Benjamini-Hochberg and Holm.
- `agreement`: two readers or two runs.
- `intervals`: of a share and of a count.
- `limits`: how far a count can be trusted.
- `absolute`: cells per microlitre of blood.
- `westgard`: whether a series of control values is still what it was.
- `composition`: shares of one whole, and ratios.
"""
