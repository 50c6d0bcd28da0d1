"""Write `docs/metrics.md` from the registry of metrics and the gates of `config/config.yaml`.

.venv/bin/python docs/metrics.py
"""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from artificial_genomes.core.labels import FEATURES  # noqa: E402
from artificial_genomes.judge.gates import bound_text, read_gates  # noqa: E402
from artificial_genomes.judge.metrics import GENERAL_WORDS, GROUPS, REGISTRY, Metric, filled  # noqa: E402
from artificial_genomes.scans.statistics import STATISTICS  # noqa: E402

PAGE = ROOT / "docs" / "metrics.md"

HEAD = """# The metrics

Every number of `scorecard.tsv`, by the name in its column `metric`. `results/{run}/metrics.tsv` has the rows that a run
has. `docs/metrics.py` writes this page from `workflow/scripts/artificial_genomes/judge/metrics.tsv`; edit that table.
[statistics.md](statistics.md) says how numbers are computed and how far to trust them.

- **Direction.** *More is better*: a value above the ceiling counts as the ceiling (correlations, accuracies). *Less is
  better*: a value below the ceiling counts as the ceiling (errors, distances, attacks). *Best at the ceiling*: the
  ceiling is what other real individuals have, and more is as bad as less. Empty: the meaning names the ideal value, if
  there is one.
- **Gate.** The default bound, if there is one. *Closeness* is 1 less the distance of value and ceiling in units of the
  distance of floor and ceiling. [config/README.md](../config/README.md#verdict) says why bounds are what they are.
"""


def page(registry: list[Metric]) -> str:
    """Return the page in Markdown."""
    settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))["verdict"]
    gates = {gate.metric: f"{gate.kind}: {bound_text(gate)}" for gate in read_gates(settings)}
    lines = [HEAD]
    for group in GROUPS:
        lines += [f"## {group}", "", "| Metric | Name in the report | Direction | Unit | Gate | Meaning |"]
        lines.append("|---|---|---|---|---|---|")
        for metric in (filled(one, GENERAL_WORDS) for one in registry if one.group == group):
            cells = metric.label, metric.direction, metric.unit, gates.get(metric.name, ""), metric.definition
            lines.append(f"| `{metric.name}` | {' | '.join(cells)} |")
        lines += ["", *NOTES.get(group, [])]
    return "\n".join(lines).rstrip("\n") + "\n"


NOTES = {
    "Selection": [
        "`{statistic}` is one of "
        + ", ".join(f"`{name}` ({one.title})" for name, one in STATISTICS.items())
        + "; [scans.md](scans.md) defines them.",
        "",
    ],
    "Imputation": [
        "Numbers of a program other than the first of `imputation.tools` end with its name: `imputation_r2_minimac4`. "
        "[imputation.md](imputation.md) says how imputation is scored.",
        "",
    ],
    "Hidden layer": [
        "`{feature}` is one of "
        + ", ".join(f"`{name}` ({one.text})" for name, one in FEATURES.items())
        + ", or the last hidden layer of the discriminator of a model of this name; `{n}` is a number of labelled "
        "individuals per class. [latent.md](latent.md) says how they are computed.",
        "",
    ],
    "Verdict": [
        "These rows have the reference `verdict`. [statistics.md](statistics.md#the-verdict) explains the verdict.",
        "",
    ],
}
"""What follows the table of a group."""


if __name__ == "__main__":
    PAGE.write_text(page(REGISTRY), encoding="utf-8")
