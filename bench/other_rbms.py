"""RBM trainings of other libraries, set up to do the same work as `artificial_genomes.models.rbm`.

All are Bernoulli-Bernoulli machines with persistent chains, in float32. Both return a function that trains one or more
epochs over the haplotypes.
"""

import warnings
from collections.abc import Callable

import numpy as np


def scikit_learn_epochs(haplotypes: np.ndarray, hidden_units: int, batch_size: int, epochs: int) -> Callable[[], None]:
    """Return a training with scikit-learn's BernoulliRBM: one sweep of `batch_size` chains an update."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import BernoulliRBM

    machine = BernoulliRBM(hidden_units, learning_rate=0.01, batch_size=batch_size, n_iter=epochs, random_state=1)
    values = haplotypes.astype(np.float32)

    def train() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            machine.fit(values)

    return train


def rbms_epoch(
    haplotypes: np.ndarray, hidden_units: int, batch_size: int, chains: int, sweeps: int, threads: int
) -> Callable[[], None]:
    """Return a training with `rbms` (PyPI, PyTorch): its update, in a loop like its own, without its log files.

    Raises
    ------
    ImportError
        `rbms` or PyTorch is not installed.
    """
    import torch
    from rbms.bernoulli_bernoulli.classes import BBRBM
    from rbms.bernoulli_bernoulli.implement import _init_parameters
    from rbms.training.pcd import fit_batch_pcd

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    data = torch.from_numpy(haplotypes.astype(np.float32))
    weights = torch.ones(len(data))
    visible_bias, hidden_bias, matrix = _init_parameters(hidden_units, data, data.device, data.dtype)
    machine = BBRBM(matrix, visible_bias, hidden_bias)
    machine.init_grad()
    optimizer = torch.optim.SGD(machine.parameters(), lr=0.01, maximize=True)
    state = machine.init_chains(chains)

    def train() -> None:
        nonlocal state
        with torch.no_grad():
            for _ in range(len(data) // batch_size):
                chosen = torch.randperm(len(data))[:batch_size]
                optimizer.zero_grad(set_to_none=False)
                state, _ = fit_batch_pcd((data[chosen], weights[chosen]), state, machine, gibbs_steps=sweeps, beta=1.0)
                optimizer.step()

    return train
