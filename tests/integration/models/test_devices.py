"""What TensorFlow is told about devices, with cards that are only pretended where a machine has none."""

import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.models.devices import tensorflow_on


@pytest.fixture
def told(monkeypatch):
    """Let TensorFlow see two cards, and return what it is told about them."""
    tf = tensorflow_on("cpu", 1)
    told = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [f"{kind}:0", f"{kind}:1"])
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda *said: told.append(said))
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda *said: told.append(said))
    return told


def test_memory_of_a_card_is_taken_as_it_is_needed(told):
    tensorflow_on("gpu", 1)
    assert told == [("GPU:0", True), ("GPU:1", True)]


def test_cards_are_hidden_from_a_training_on_the_cpu(told):
    tensorflow_on("cpu", 1)
    assert told == [([], "GPU")]


def test_a_gpu_that_is_not_there(monkeypatch):
    tf = tensorflow_on("cpu", 1)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    with pytest.raises(UserError, match="TensorFlow finds no GPU"):
        tensorflow_on("gpu", 1)
