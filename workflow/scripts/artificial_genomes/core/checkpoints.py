"""Folders in which a job that was killed finds what it had finished.

They are no outputs of the job's rule: Snakemake would delete them together with the outputs of the failed job.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path


def own_checkpoint_folder(checkpoints: Path, settings: list, files: Iterable[str | Path]) -> Path:
    """Return the folder for checkpoints of just this job: of its settings and input files; drop all others.

    Parameters
    ----------
    checkpoints
        Parent of the folder, of this job's alone.
    settings
        Values for JSON: settings, seed and digest of the code.
    files
        Input files, which count by their content.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in files:
        digest.update(Path(path).read_bytes())
    own = checkpoints / digest.hexdigest()[:16]
    if checkpoints.exists():
        for folder in checkpoints.iterdir():
            if folder != own:
                shutil.rmtree(folder)
    return own
