"""What figures and the report call models, controls and imputation panels."""

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
