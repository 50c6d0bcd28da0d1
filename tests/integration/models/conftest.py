"""What trainings of several modules share."""

import pytest

from uncompiled import leave_uncompiled


@pytest.fixture
def uncompiled(monkeypatch) -> None:
    """Let TensorFlow run its graphs as they are."""
    leave_uncompiled(monkeypatch.setattr)
