"""Measures: numbers that describe a population on one channel; one file a statistic."""
