"""TensorFlow that runs its graphs as they are: to compile them takes longer than a short training.

As a program, it runs a script of the workflow like that.
"""

import os
import runpy
import sys
from collections.abc import Callable


def leave_uncompiled(set_attribute: Callable[[object, str, object], None] = setattr) -> None:
    """Let functions of TensorFlow ignore that they are to be compiled."""
    from artificial_genomes.models.devices import tensorflow_on

    tf = tensorflow_on("cpu", 1)
    function = tf.function
    set_attribute(tf, "function", lambda *args, jit_compile=None, **options: function(*args, **options))


if __name__ == "__main__":
    del sys.argv[0]
    sys.path[0] = os.path.dirname(sys.argv[0])
    leave_uncompiled()
    runpy.run_path(sys.argv[0], run_name="__main__")
