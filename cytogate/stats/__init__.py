"""Intervals, limits of quantitation and clinical composites: numbers in, numbers with a reason out."""
