"""What figures, tables and the report call models, controls and imputation panels, and how they show numbers."""

import math

LABELS = {
    "gan": "GAN",
    "rbm": "RBM",
    "wgan": "WGAN",
    "hclt": "HCLT",
    "li_stephens": "Li-Stephens",
    "coalescent": "Coalescent",
    "markov": "Markov",
    "bernoulli": "Bernoulli",
    "real": "Real",
    "ceiling": "Ceiling",
    "floor": "Floor",
}


def label(name: str) -> str:
    """Return the display name of a model, a control or an imputation panel (`real+gan` is `Real + GAN`)."""
    return " + ".join(LABELS.get(part, part) for part in name.split("+"))


COUNTS = ("fixed_sites", "exact_copies", "duplicates")
"""Metrics that are numbers of things."""


def number_text(value: float, metric: str = "") -> str:
    """Return a number as it is shown: counts and large numbers whole, others with three digits after the point."""
    if not math.isfinite(value):
        return "–"
    whole = abs(value) >= 100 or (metric in COUNTS and float(value).is_integer())
    text = f"{value:,.0f}" if whole else f"{value:.1f}" if metric in COUNTS else f"{value:.3f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")
