"""Figures: functions from tables and preview dictionaries to plotly figures and SVG."""
