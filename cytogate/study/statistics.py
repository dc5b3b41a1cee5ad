"""The statistics that a study may ask for, by the names of its ``statistics`` list."""

from __future__ import annotations

STATISTICS = ("paired_change", "friedman", "mixed_model", "rm_correlation")
