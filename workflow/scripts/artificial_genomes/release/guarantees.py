"""What differential privacy a release promises, as its data card says it."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from artificial_genomes.models.accountant import composed, epsilon_of, mu_of


def guarantees(
    sets: Sequence[tuple[str, str, int]],
    privacy: Mapping[str, Mapping[str, Mapping]],
    cohorts: Mapping[str, str],
    panels: Collection[str] = (),
) -> Iterator[str]:
    """Yield sentences: one for each model with differential privacy, and one for each cohort that has such models.

    Parameters
    ----------
    sets
        Dataset, model and seed of every set of the release.
    privacy
        By dataset and model, the settings `differential_privacy` of the models that have them.
    cohorts
        Cohort of each dataset. An individual may be in all data sets of its cohort, so their budgets add up.
    panels
        Data sets with a public panel, whose individuals have no protection.
    """
    for dataset, model in dict.fromkeys(one[:2] for one in sets):
        if settings := privacy.get(dataset, {}).get(model):
            text = f"{model} on {dataset}: epsilon {settings['epsilon']:g}, delta {settings['delta']:g} for each seed."
            if dataset in panels:
                text += (
                    " It does not hold for the individuals of the public panel, on which the tree was trained first."
                )
            if settings["noise"] == "seed":
                text += " The noise is determined by the seed, so this does not protect from those who know the seed."
            yield text
    for cohort in dict.fromkeys(cohorts[dataset] for dataset, _, _ in sets):
        own = [privacy.get(dataset, {}).get(model) for dataset, model, _ in sets if cohorts[dataset] == cohort]
        private = [settings for settings in own if settings]
        if not private:
            continue
        if len(private) < len(own):
            text = f"{len(own) - len(private)} of the {len(own)} sets are from models without differential privacy"
            yield f"All sets of the cohort {cohort} together: no guarantee, because {text}."
            continue
        names = {dataset for dataset, _, _ in sets if cohorts[dataset] == cohort}
        if len(names) > 1 and names & set(panels):
            text = "the public panel of one data set may have individuals of another"
            yield f"All sets of the cohort {cohort} together: no guarantee, because {text}."
            continue
        delta = max(settings["delta"] for settings in private)
        budget = composed(mu_of(settings["epsilon"], settings["delta"]) for settings in private)
        numbers = f"epsilon {epsilon_of(budget, delta):.3g}, delta {delta:g}"
        yield f"All {len(own)} sets of the cohort {cohort} together: {numbers} (rho {budget**2 / 2:.3g} in zCDP)."
