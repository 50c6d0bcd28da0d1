"""Fixtures that the tests of figures share."""

import pytest

from figure_helpers import DrawnFigures


@pytest.fixture(scope="session")
def drawn() -> DrawnFigures:
    """Return every figure of two seeds, by number."""
    return DrawnFigures()
