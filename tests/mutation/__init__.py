"""Mutation of the reader's source: each small fault put into a module must be found by a test of the reader.

`changes` makes the faults, `killers` are the tests that look for them, `survey` tries fault after fault in
forked processes. ``python -m mutation`` (with ``tests`` on the path) prints what survives.
"""
