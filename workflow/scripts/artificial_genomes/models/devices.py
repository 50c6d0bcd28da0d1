"""TensorFlow, configured so that the same seed gives the same bytes and only the given threads are used."""

import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from artificial_genomes.core.errors import UserError

log = logging.getLogger(__name__)

INFORMATION = re.compile(rb"I\d{4} |WARNING: All log messages before absl::InitializeLog|To enable the following instr")
"""Lines that TensorFlow writes when it is imported, whatever its log level: how it was built, and that it logs."""


def tensorflow_on(device: str, threads: int) -> ModuleType:
    """Import TensorFlow for one device and return the module.

    It is imported here and not at the top of a module because that takes seconds, and because most of this package
    works without it.

    Parameters
    ----------
    device
        `cpu` or `gpu`.
    threads
        Threads within one operation; operations run one after another.

    Raises
    ------
    UserError
        A GPU is requested, but TensorFlow finds none.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with without_information():
        import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise UserError(
            "`device: gpu` is set, but TensorFlow finds no GPU. Set `device: cpu`, or check the driver and that "
            "the environment has a TensorFlow with CUDA."
        )
    if device == "cpu" and gpus:
        tf.config.set_visible_devices([], "GPU")
    if device == "gpu":
        # Otherwise, TensorFlow reserves all memory of the card, and no other process can use it.
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    if tf.config.threading.get_intra_op_parallelism_threads() != threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    log.info("TensorFlow %s on %s, %d threads", tf.__version__, device, threads)
    return tf


@contextmanager
def without_information() -> Iterator[None]:
    """Drop the lines of `INFORMATION` from what the process writes to standard error; others come at the end."""
    error = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(error, 2)
            os.close(error)
            written.seek(0)
            os.write(2, b"".join(line for line in written if not INFORMATION.match(line)))
