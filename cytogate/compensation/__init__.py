"""Compensation: spillover matrices, where they come from, and their checks."""
