"""Matrix products that one step of training needs: what arithmetic costs at the least, and the machine's rate at it.

A product (m, k, n) multiplies an (m, k) by a (k, n) matrix: m k n multiply-adds, 2 m k n floating point operations.
Everything else (activations, random numbers, optimizers) counts as nothing, so that a share of the machine's rate of
matrix products is what is left after all of that.
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

Product = tuple[int, int, int]


def gan_step(n_sites: int, settings: dict) -> list[Product]:
    """Return the products of one step of the GAN, discriminator and generator, as `models.gan` takes it.

    A dense layer (i, o) on b rows is one product forward (b, i, o), one for the gradient of its kernel (i, b, o) and
    one for the gradient of its input (b, o, i), which the first layer of a network lacks if nothing trains below it.

    - Discriminator, 2 b rows (generated and real, `discriminator_step: joint`) or twice b rows (`separate`): forward,
      kernels, inputs but for the first layer's.
    - Generator, b rows: the same; one more forward where each step has its latent points (`latent: separate`).
    - Discriminator that judges the generator, b rows: forward and inputs, no kernels.
    """
    batch_size = settings["batch_size"]
    learnt = [2 * batch_size] if settings["discriminator_step"] == "joint" else [batch_size] * 2
    generated = [batch_size] if settings["latent"] == "shared" else [batch_size] * 2
    generator = _layers(settings["latent_size"], int(n_sites // 1.2), int(n_sites // 1.1), n_sites)
    discriminator = _layers(n_sites, n_sites // 2, n_sites // 3, 1)
    return [
        *(
            product
            for rows in learnt
            for product in (
                *_forward(discriminator, rows),
                *_kernels(discriminator, rows),
                *_inputs(discriminator[1:], rows),
            )
        ),
        *(product for rows in generated for product in _forward(generator, rows)),
        *_kernels(generator, batch_size),
        *_inputs(generator[1:], batch_size),
        *_forward(discriminator, batch_size),
        *_inputs(discriminator, batch_size),
    ]


def _layers(*sizes: int) -> list[tuple[int, int]]:
    return list(itertools.pairwise(sizes))


def _forward(layers: Sequence[tuple[int, int]], rows: int) -> list[Product]:
    return [(rows, i, o) for i, o in layers]


def _kernels(layers: Sequence[tuple[int, int]], rows: int) -> list[Product]:
    return [(i, rows, o) for i, o in layers]


def _inputs(layers: Sequence[tuple[int, int]], rows: int) -> list[Product]:
    return [(rows, o, i) for i, o in layers]


def rbm_sweeps(n_sites: int, hidden_units: int, chains: int, sweeps: int) -> list[Product]:
    """Return the products of Gibbs sweeps: hidden given visible units, visible given hidden ones."""
    return [(chains, n_sites, hidden_units), (chains, hidden_units, n_sites)] * sweeps


def rbm_update(n_sites: int, hidden_units: int, chains: int, sweeps: int, batch_size: int) -> list[Product]:
    """Return the products of one update: sweeps, hidden means of batch and chains, both parts of the gradient."""
    return [
        *rbm_sweeps(n_sites, hidden_units, chains, sweeps),
        *((rows, n_sites, hidden_units) for rows in (batch_size, chains)),
        *((n_sites, rows, hidden_units) for rows in (batch_size, chains)),
    ]


def operations(products: Sequence[Product]) -> int:
    """Return the floating point operations of matrix products."""
    return sum(2 * m * k * n for m, k, n in products)


def multiplier(products: Sequence[Product], repeats: int = 1) -> Callable[[], None]:
    """Return a function that computes all products `repeats` times with numpy, float32, into memory that is there."""
    rng = np.random.default_rng(1)
    # One pair of factors a shape: a step reads the same weights many times too.
    memory = {
        (m, k, n): (rng.random((m, k), np.float32), rng.random((k, n), np.float32), np.empty((m, n), np.float32))
        for m, k, n in products
    }

    def multiply() -> None:
        for _ in range(repeats):
            for product in products:
                left, right, result = memory[product]
                np.matmul(left, right, out=result)

    return multiply
