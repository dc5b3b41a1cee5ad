"""Gating: templates resolve to strategies, strategies run over events in one pass."""
