"""Sections of the report: one file each, found by the registry of `cytogate.report.section`."""
