"""What TensorFlow writes when it is imported."""

import os

import pytest

from artificial_genomes.models.devices import without_information


def test_information_is_dropped_and_all_else_kept(capfd):
    with without_information():
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n")
        os.write(2, b"I0000 00:00:1.4  14894 port.cc:153] oneDNN custom operations are on.\n")
        os.write(2, b"To enable the following instructions: AVX2\n")
        os.write(2, b"E0000 00:00:1.5  14894 cuda.cc:1] failed call to cuInit\n")
    os.write(2, b"I0000 later\n")
    assert capfd.readouterr().err == "E0000 00:00:1.5  14894 cuda.cc:1] failed call to cuInit\nI0000 later\n"


def test_an_error_is_raised_and_what_was_written_before_is_kept(capfd):
    def broken():
        with without_information():
            os.write(2, b"no library\n")
            raise ImportError("no library")

    with pytest.raises(ImportError, match="no library"):
        broken()
    assert capfd.readouterr().err == "no library\n"
