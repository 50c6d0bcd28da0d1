"""Random streams: independent unless seed and names are equal, and every draw of the workflow uses them."""

import ast
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from artificial_genomes.core.random_streams import derived_seed, stream
from artificial_genomes.core.windows import cut
from artificial_genomes.models import Draw
from artificial_genomes.models.bernoulli import Model as Bernoulli
from artificial_genomes.models.chunked import draw_through
from artificial_genomes.release.near_copies import protect, without_near_copies

PACKAGE = Path(__file__).parents[3] / "workflow/scripts/artificial_genomes"

AS_PUBLISHED = {"prepare/preparation.py": 1, "compare/as_published.py": 1, "statistics/pca.py": 1}
"""Uses of `RandomState`, which reproduce published splits and the start of scikit-learn's PCA: number by file."""


@cache
def all_calls() -> dict[str, list[tuple[str, ast.Call]]]:
    """Return every call with the name of what is called, by file of the package."""
    return {
        str(path.relative_to(PACKAGE)): [
            (ast.unparse(node.func).removeprefix("np.random."), node)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        ]
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def calls(*names: str) -> dict[str, list[ast.Call]]:
    """Return the calls of functions by file of the package."""
    return {file: [node for name, node in found if name in names] for file, found in all_calls().items()}


def test_the_same_seed_and_names_give_the_same_stream_and_all_others_differ():
    keys = [(1, "a"), (1, "b"), (1, "a", 0), (1, "a", 1), (1, "a", "0"), (1, "a0"), (2, "a"), (1, "a", 0, 0)]
    draws = [stream(*key).integers(0, 2**63, 4).tolist() for key in keys]
    assert draws == [stream(*key).integers(0, 2**63, 4).tolist() for key in keys]
    assert len({number for drawn in draws for number in drawn}) == 4 * len(keys)


def test_numpy_integers_name_the_same_stream_as_python_integers():
    assert derived_seed(np.int64(3), "window", np.int32(2)) == derived_seed(3, "window", 2)


def test_derived_seeds_nest_without_collisions():
    windows = [derived_seed(1, "window", number) for number in range(50)]
    replaced = [derived_seed(derived_seed(1, "replacements", k), "window", n) for k in range(1, 21) for n in range(50)]
    assert len({1, *windows, *replaced}) == 1 + 50 + 1000


def test_a_stream_needs_a_name():
    with pytest.raises(TypeError, match="name"):
        stream(1)


@pytest.mark.integration
def test_no_two_places_of_the_workflow_draw_from_one_stream():
    names = Counter(
        tuple(ast.literal_eval(name) for name in call.args[1:] if isinstance(name, ast.Constant))
        for file, found in calls("stream", "derived_seed").items()
        if file != "core/random_streams.py"
        for call in found
    )
    assert len(names) > 30
    assert () not in names, "a call of stream or derived_seed without a literal name"
    assert {name: n for name, n in names.items() if n > 1} == {}


def test_no_module_makes_generators_but_by_name():
    generators = calls("default_rng", "RandomState", "SeedSequence", "Generator", "PCG64")
    found = {file: len(of_file) for file, of_file in generators.items() if of_file}
    # The speed of this machine is measured with a matrix of any numbers.
    # Noise that nobody can draw again comes from the operating system.
    assert found == {"core/random_streams.py": 1, "models/accountant.py": 1, **AS_PUBLISHED}


def test_replacements_in_windows_share_no_stream_with_the_first_draw():
    # Three windows, every AG a near copy twice: all nine draws of alleles with frequency 1/2 have to be independent.
    windows, drawn = cut([300], 3, 0), []
    model = Bernoulli(np.full(100, 0.5), np.int64(100))

    def sample(n: int, seed: int) -> Draw:
        drawn.append(draw_through([lambda: model] * 3, windows, n, seed)[0])
        return drawn[-1] if len(drawn) == 3 else np.zeros_like(drawn[-1]), None

    real = np.repeat([np.zeros(300), np.arange(300) < 100], 2, axis=0).astype(np.uint8)  # both farther from draws
    first, _ = draw_through([lambda: model] * 3, windows, 20, 1)
    without_near_copies((np.zeros_like(first), None), sample, 1, protect(real, np.arange(2), 5))
    parts = [part for alleles in (first, *drawn) for part in np.split(alleles, 3, axis=1)]
    assert len(parts) == 12
    for one, other in combinations(parts, 2):
        # 2,000 alleles each: the standard deviation of the share of equal ones is 0.011.
        assert (one == other).mean() == pytest.approx(0.5, abs=0.06)
