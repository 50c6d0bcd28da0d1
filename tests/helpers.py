"""What several test modules need."""

import numpy as np
import pandas as pd

from artificial_genomes.training import TrainingData


def training_data(train: np.ndarray, validation: np.ndarray, step_bp: int = 1000) -> TrainingData:
    """Return training data whose sites lie evenly on one contig."""
    n_sites = train.shape[1]
    sites = pd.DataFrame(
        {"contig": "1", "position": step_bp * np.arange(1, n_sites + 1), "id": "", "ref": "A", "alt": "C"}
    )
    return TrainingData(train, validation, sites)
