"""What several test modules need."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.hapt import read_hapt
from artificial_genomes.training import TrainingData

ROOT = Path(__file__).parents[1]
FOLDERS = [ROOT / "resources" / "data" / "1000G_real_genomes", ROOT.parent / "shared" / "data"]
AUTHORS_FILES = {
    "805": ("805_SNP_1000G_real.hapt.zip", "805_SNP.legend"),
    "10k": ("10K_SNP_1000G_real.hapt.xz", "10k_SNP.legend"),
}


def authors_file(name: str) -> Haplotypes:
    """Return the haplotypes of one of the authors' files; skip the test where it is absent."""
    hapt, legend = AUTHORS_FILES[name]
    for folder in FOLDERS:
        if (folder / hapt).exists():
            return read_hapt(folder / hapt, folder / legend)
    pytest.skip(f"{hapt} is in none of {', '.join(map(str, FOLDERS))}")


def training_data(train: np.ndarray, validation: np.ndarray, step_bp: int = 1000) -> TrainingData:
    """Return training data whose sites lie evenly on one contig."""
    n_sites = train.shape[1]
    sites = pd.DataFrame(
        {"contig": "1", "position": step_bp * np.arange(1, n_sites + 1), "id": "", "ref": "A", "alt": "C"}
    )
    return TrainingData(train, validation, sites)
