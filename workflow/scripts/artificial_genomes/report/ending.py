"""The last lines of a run in the terminal: where its report is, every verdict, and what was released."""

from pathlib import Path

from artificial_genomes.core.tables import read_tsv


def ending(results: Path, since: float) -> list[str]:
    """Return lines about what a run has written.

    Parameters
    ----------
    results
        Folder of the run, results/{run}.
    since
        Start of the run, in seconds since 1970. What is older is left out: it may be of another configuration.
    """
    report, summary, card = results / "report.html", results / "summary.tsv", results / "release" / "README.md"
    lines = []
    if _is_of_run(summary, since):
        lines += ["Verdicts, the most faithful model of a data set first:", *_verdicts(summary)]
    if _is_of_run(card, since):
        sets = sorted(folder.relative_to(card.parent) for folder in card.parent.glob("*/*/seed*"))
        released = f"Released to {card.parent}: {', '.join(map(str, sets))}. {card} is their data card."
        lines.append(released if sets else f"No AGs are released. {card} says why.")
    if _is_of_run(report, since):
        lines.append(f"Report: {report}")
    return lines


def _is_of_run(path: Path, since: float) -> bool:
    return path.exists() and path.stat().st_mtime >= since


def _verdicts(summary: Path) -> list[str]:
    """Return a line for each model of each dataset, in columns."""
    table = read_tsv(summary).sort_values(["dataset", "fidelity_rank"], kind="stable")
    seeds, guarantee = (table[name].fillna("").astype(str) for name in ("not_converged", "guarantee"))
    # A tree with differential privacy has epochs on the public panel only; there they cost no privacy.
    trained = guarantee.map(lambda text: "training on the panel" if text else "training")
    early = (trained + " not converged (" + seeds + "): raise its epochs").where(seeds != "", "")
    remark = (guarantee + "; " + early).str.strip("; ")
    rows = table[["dataset", "model", "verdict"]].astype(str).assign(remark=remark).to_numpy().tolist()
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
