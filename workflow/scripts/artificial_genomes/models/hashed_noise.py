"""Random numbers for the compiled updates of a training, as a function of a seed and of counters."""


def random_keys(tf, stream, n: int, *counters):
    """Return (n,) random uint32 keys, a function of `stream` (2,) int32 and the counters."""
    for counter in counters:
        stream = tf.random.fold_in(stream, counter, alg="philox")
    return tf.random.stateless_uniform((n,), stream, minval=None, maxval=None, dtype=tf.uint32, alg="philox")


def uniform_numbers(tf, stream, n_rows: int, n_columns: int, *counters):
    """Return (n_rows, n_columns) float32 in [0, 1), a hash of one random key per row and one per column.

    Random number generation would take half of the training time of the RBM with TensorFlow's own generators.
    """
    key = random_keys(tf, stream, n_rows + n_columns, *counters)
    bits = _hash(tf, tf.bitwise.bitwise_xor(key[:n_rows, None], key[None, n_rows:]))
    # 24 bits, the precision of a float32 below 1.
    return tf.cast(tf.bitcast(tf.bitwise.right_shift(bits, 8), tf.int32), tf.float32) * 2.0**-24


def _hash(tf, bits):
    """Return well-mixed uint32 bits: the hash `lowbias32` (Wellons 2018) with its improved constants."""

    def fold(x, shift):
        return tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, tf.constant(shift, tf.uint32)))

    bits = fold(bits, 16) * tf.constant(0x21F0AAAD, tf.uint32)
    bits = fold(bits, 15) * tf.constant(0x735A2D97, tf.uint32)
    return fold(bits, 15)
