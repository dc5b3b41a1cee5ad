"""Shared fixtures: where the real data are, and how property tests run."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    deadline=None,  # the first call compiles kernels
    max_examples=60,
    derandomize=True,  # a test run says the same twice; `make soak` looks further
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "soak", settings.get_profile("default"), max_examples=2000, derandomize=False, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """Leave what collecting made out of all later garbage collections: with it each takes a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder with real data and published truth; tests that need it skip where it is absent."""
    place = os.environ.get("CYTOGATE_REFERENCE_DATA")
    folder = Path(place) if place else Path(__file__).parents[2] / "shared" / "data"
    if not (folder / "README.md").is_file():
        pytest.skip(f"no reference data in {folder}: set CYTOGATE_REFERENCE_DATA to their folder")
    return folder
