import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.labels import FEATURES
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.figures import fig8_latent, figs10_latent_modes, figs11_latent_tasks
from artificial_genomes.figures.aggregate import binned
from artificial_genomes.figures.sets import panel
from artificial_genomes.figures.style import save_figure_and_numbers
from artificial_genomes.judge.metrics import metric_of
from artificial_genomes.latent.explore import explore
from artificial_genomes.latent.tables import POPULATION_COLUMNS
from latent_helpers import people_of_three_populations, real_sets_of, some_rbm

SEEDS = (1, 2)
ACCURACIES = {"rbm_labels": 0.8, "hclt_labels": 0.9}


@pytest.fixture(scope="module")
def explored() -> dict[str, pd.DataFrame]:
    real = real_sets_of(people_of_three_populations())
    tables = explore(some_rbm(), real, real.train.alleles[:40], seed=3)
    return {
        title: pd.concat([table.assign(model="structure", seed=seed) for seed in SEEDS])
        for title, table in tables.items()
        if title not in ("variance", "metrics")
    }


@pytest.fixture(scope="module")
def modes(explored) -> pd.DataFrame:
    return figs10_latent_modes.numbers(**explored)


def metrics(*names: str) -> pd.DataFrame:
    rows = [("test", name, 0.5 + 0.01 * i, 0.4, 0.6, 40) for i, name in enumerate(names)]
    table = pd.DataFrame(rows, columns=METRIC_COLUMNS)
    return pd.concat([table.assign(dataset="structure", seed=seed) for seed in SEEDS])


def tasks(populations: bool = True, masked: bool = True) -> pd.DataFrame:
    features = ("latent", "pca", "pca10", "snps", "wgan")
    told = metrics(
        *(f"{name}_population{fine}_accuracy" for name in features for fine in ("", "_fine")),
        *(f"{name}_population_accuracy_{n}_labels" for name in features for n in (1, 5)),
        "population_accuracy_permuted",
        "population_fine_accuracy_permuted",
    )
    taught = pd.concat([metrics("train_on_ag_accuracy").assign(source=name) for name in ("gan", "ceiling", "floor")])
    completed = pd.concat([metrics("masked_r2").assign(source=name) for name in ("rbm", "beagle", "commonest")])
    of_populations = pd.DataFrame(
        [
            (model, seed, name, population, 20, 30, 0.9, 0.8, 0.01, 0.1, accuracy if name == "ag" else 0.5)
            for model, accuracy in ACCURACIES.items()
            for seed in SEEDS
            for name in ("ag", "ceiling", "floor")
            for population in ("AFR", "EUR")
        ],
        columns=["model", "seed", *POPULATION_COLUMNS],
    ).assign(dataset="structure")
    return figs11_latent_tasks.numbers(
        told, taught, completed if masked else completed[:0], of_populations if populations else of_populations[:0]
    )


@pytest.mark.integration
def test_modes_are_drawn_and_the_numbers_are_those_of_the_first_seed(modes, tmp_path):
    assert set(modes["seed"]) == {1}
    figure = figs10_latent_modes.draw(modes, "rbm", 6)
    points = figure.axes[1].collections[0].get_offsets()
    np.testing.assert_allclose(points, panel(modes, "modes")[["mode1", "mode2"]])
    # Lays panels out, which warns, and warnings are errors, where they have no room.
    save_figure_and_numbers(figure, modes, *(tmp_path / f"figure.{kind}" for kind in ("svg", "png", "tsv")))
    assert "top_sites" not in modes.columns


def test_a_private_cohort_is_counted_in_cells(explored):
    # Ten times the people, so that cells hold enough of them.
    many = {title: pd.concat([table] * 10) for title, table in explored.items()}
    numbers = figs10_latent_modes.numbers(**many, private=True)
    for name, columns in (("modes", ["mode1", "mode2"]), ("points", ["pc1", "pc2"]), ("neighbours", ["x", "y"])):
        rows = panel(numbers, name)
        assert rows["count"].min() >= 10
        single = many[{"points": "coordinates"}.get(name, name)]
        assert not set(map(tuple, rows[columns].to_numpy())) & set(map(tuple, single[columns].to_numpy()))
    assert (panel(numbers, "prototypes")["n"] >= 10).all()
    figure = figs10_latent_modes.draw(numbers, "rbm", 6)
    figure.get_layout_engine().execute(figure)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("n", "copies", "shown"), [(10, 0, True), (9, 0, False), (50, 9, False), (50, 1, False), (50, 10, True)]
)
def test_a_prototype_of_few_haplotypes_of_a_private_cohort_is_not_shown(explored, n, copies, shown):
    many = {title: pd.concat([table] * 10) for title, table in explored.items()}
    first = explored["prototypes"].query("seed == 1").iloc[:1]
    many["prototypes"] = first.assign(n=n, copies=copies, nearest=3)
    numbers = figs10_latent_modes.numbers(**many, private=True)
    assert len(panel(numbers, "prototypes")) == shown
    assert not {"copies", "nearest"} & set(numbers.columns)
    figure = figs10_latent_modes.draw(numbers, "rbm", 6)
    (axes,) = (axes for axes in figure.axes if axes.get_title().startswith("Prototypes"))
    assert len(axes.collections) == 1 + shown


@pytest.mark.parametrize(
    ("by", "of_real", "of_ags"), [("set", "test", "ag"), ("model", "real", "rbm")], ids=["latent", "figure 1"]
)
def test_ags_alone_are_not_drawn(by, of_real, of_ags):
    # All AGs are alike; no two real haplotypes share a cell.
    ags = pd.DataFrame({"pc1": 0.0, "pc2": 0.0, by: of_ags}, index=range(100))
    real = pd.DataFrame({"pc1": np.arange(1.0, 9), "pc2": np.arange(1.0, 9), by: of_real})
    with pytest.raises(UserError, match="single individuals of a private cohort are not drawn"):
        binned(pd.concat([ags, real], ignore_index=True), [by])
    assert set(binned(pd.concat([ags, *[real] * 10], ignore_index=True), [by])[by]) == {of_real, of_ags}


@pytest.fixture(scope="module")
def drawn_tasks() -> Figure:
    figure = figs11_latent_tasks.draw(tasks())
    figure.get_layout_engine().execute(figure)
    return figure


def test_dots_of_tasks_stand_at_their_values(drawn_tasks):
    numbers, figure = tasks(), drawn_tasks
    fine = panel(numbers, "fine")
    shown = sorted(line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "o")
    expected = fine.loc[~fine["metric"].str.endswith("permuted"), "value"]
    np.testing.assert_allclose(shown, sorted(expected))
    texts = {text.get_text() for text in figure.findobj(Text)}
    assert {"Hidden means", "WGAN discriminator", "Beagle", "Ceiling: real individuals"} <= texts


def test_ags_of_given_populations_of_every_model_stand_beside_one_ceiling_and_one_floor(drawn_tasks):
    heights = [round(bar.get_height(), 3) for bar in drawn_tasks.axes[5].patches]
    assert heights == [0.5, 0.5, 0.5, 0.5, 0.8, 0.8, 0.9, 0.9]
    texts = {text.get_text() for text in drawn_tasks.axes[5].get_legend().get_texts()}
    assert texts == {"training individuals", "AGs, labels permuted", "AGs, RBM labels", "AGs, HCLT labels"}
    assert drawn_tasks.axes[5].get_title() == "Seen by a classifier (n = 40 AGs)"


def test_populations_are_read_with_the_model_of_their_folder(tmp_path):
    path = tmp_path / "structure" / "conditional" / "hclt_labels" / "seed2" / "populations.tsv"
    path.parent.mkdir(parents=True)
    write_tsv(pd.DataFrame([("ag", "AFR", 20, 30, 0.9, 0.8, 0.01, 0.1, 0.9)], columns=POPULATION_COLUMNS), path)
    row = figs11_latent_tasks.read_populations([path]).iloc[0]
    assert (row["dataset"], row["model"], row["seed"], row["accuracy"]) == ("structure", "hclt_labels", 2, 0.9)
    assert not len(figs11_latent_tasks.read_populations([]))


def test_what_was_not_asked_for_is_said():
    figure = figs11_latent_tasks.draw(tasks(populations=False, masked=False))
    assert sum(text.get_text() == "not requested" for text in figure.findobj(Text)) == 3


def test_discriminators_stand_in_figure_8():
    table = metrics("latent_population_accuracy", "wgan_population_accuracy", "population_accuracy_permuted")
    assert fig8_latent.features_in(table) == {
        "latent_population_accuracy": "Hidden means",
        "wgan_population_accuracy": "WGAN discriminator",
        "population_accuracy_permuted": "Permuted labels",
    }


def test_features_have_one_name_everywhere(drawn_tasks):
    names = {f"{name}_population_accuracy": known for name, known in FEATURES.items()}
    shown = fig8_latent.features_in(metrics(*names))
    rows = {text.get_text() for text in drawn_tasks.axes[0].get_yticklabels()}
    for metric, known in names.items():
        assert shown[metric] == known.label
        assert known.label in rows
        assert known.text in metric_of(metric).meaning
    assert "hidden layer of the WGAN discriminator" in metric_of("wgan_population_accuracy").meaning
