"""Benchmark: how fast cytogate gates on this machine, and how fast other programs do the same work."""
