"""Hidden Chow-Liu trees: the tree of sites, exact probabilities by belief propagation, and draws.

Every site has a hidden state; the states form the tree of `chow_liu`, and an allele depends on its site's state alone
(Liu and Van den Broeck 2021; artificial genomes: Dang et al. 2023). Likelihoods, marginals and conditional samples are
exact.

Haplotypes with the same alleles in a subtree share the messages of that subtree. Belief propagation therefore works
with the distinct patterns of alleles below each site: on the authors' files 50 times fewer than haplotypes times sites.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Self

import numpy as np
from scipy.sparse import csc_array

from artificial_genomes.core.random_streams import derived_seed, stream
from artificial_genomes.models import Draw, Seed
from artificial_genomes.models.ancestry import with_groups
from artificial_genomes.models.chow_liu import Tree
from artificial_genomes.models.draws import at_temperature, drawn_states
from artificial_genomes.models.labels import allotted_labels

log = logging.getLogger(__name__)

MESSAGE_BYTES = 2**31
"""Maximum size of the messages that are held at once: haplotypes with more of them are worked on in parts."""

TABLE_CODES = 16
"""Codes are numbered by a table where there are at most this many possible ones per haplotype, and else sorted."""

EMISSION_MIN = np.float32(1e-6)
"""Smallest probability of an allele: float32 cannot tell much smaller ones from 0 when they are subtracted from 1."""

TINY = np.float32(1e-30)
"""Stands for 0 where there is a division."""


@dataclass(frozen=True)
class Patterns:
    """The distinct patterns of alleles below every site of a tree, among some haplotypes.

    Attributes
    ----------
    alleles : list of (n_patterns,) uint8
        By site, its allele in each pattern of its subtree. With groups of ancestry those of `with_groups`, uint16.
    within : list of sparse (n_patterns, n_patterns of the parent) float32
        By site, 1 where a pattern of its subtree is part of a pattern of its parent's subtree: one 1 a column, so that
        `indices` holds its row. For the root, the columns are the haplotypes.
    """

    alleles: list[np.ndarray]
    within: list[csc_array]

    @classmethod
    def of(cls, tree: Tree, alleles: np.ndarray) -> Self:
        """Find the patterns in `alleles` (n_haplotypes, n_sites)."""
        n, n_sites = alleles.shape
        by_site = np.ascontiguousarray(alleles.T)
        # Shared by all the matrices.
        ones, columns = np.ones(n, np.float32), np.arange(n + 1, dtype=np.int32)

        def matrix(rows: np.ndarray, n_rows: int) -> csc_array:
            m = len(rows)
            return csc_array((ones[:m], rows.astype(np.int32), columns[: m + 1]), shape=(n_rows, m))

        kept, within, pattern, size = ([None] * n_sites for _ in range(4))
        n_alleles = int(by_site.max(initial=0)) + 1
        for site in reversed(tree.order):
            first, code, n_codes = _numbered(by_site[site].astype(np.int64), n_alleles)
            for child in tree.children[site]:
                first, code, n_codes = _numbered(code * size[child] + pattern[child], n_codes * size[child])
            kept[site] = by_site[site][first]
            pattern[site], size[site] = code, n_codes
            for child in tree.children[site]:
                within[child] = matrix(pattern[child][first], size[child])
                pattern[child] = None
        root = tree.order[0]
        within[root] = matrix(pattern[root], size[root])
        return cls(kept, within)

    @classmethod
    def in_parts(cls, tree: Tree, alleles: np.ndarray, n_states: int) -> Iterator[Self]:
        """Yield the patterns of as many haplotypes at a time as `MESSAGE_BYTES` allow, in the order of haplotypes."""
        patterns = cls.of(tree, alleles)
        half = len(alleles) // 2
        # Two float32 a pattern and state: probabilities below a site, and the message to its parent.
        if half and 8 * n_states * sum(map(len, patterns.alleles)) > MESSAGE_BYTES:
            del patterns
            yield from cls.in_parts(tree, alleles[:half], n_states)
            yield from cls.in_parts(tree, alleles[half:], n_states)
        else:
            yield patterns


def _numbered(code: np.ndarray, bound: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return where each distinct code occurs first, the codes numbered from 0 in their order, and their number.

    All codes are below `bound`.
    """
    if bound > TABLE_CODES * len(code):
        distinct, first, numbers = np.unique(code, return_index=True, return_inverse=True)
        return first, numbers, len(distinct)
    first, numbers = np.full(bound, -1), np.empty(bound, np.int64)
    # Backwards, so that what comes first is written last.
    first[code[::-1]] = np.arange(len(code))[::-1]
    distinct = np.flatnonzero(first >= 0)
    numbers[distinct] = np.arange(len(distinct))
    return first[distinct], numbers[code], len(distinct)


@dataclass
class Upward:
    """What belief propagation passes from the leaves to the root.

    Attributes
    ----------
    below : list of (n_patterns, n_states) float32
        By site, the probability of the alleles in its subtree given its state, but for a factor a pattern.
    messages : list of (n_patterns, n_states) float32
        By site, the same given the state of its parent.
    log_likelihood : (n_haplotypes,) float64
        Natural logarithm of the probability of each haplotype.
    """

    below: list[np.ndarray]
    messages: list[np.ndarray]
    log_likelihood: np.ndarray


@dataclass
class Model:
    """A hidden Chow-Liu tree.

    Attributes
    ----------
    parents : (n_sites,) int64
        Parent of each site in the tree; -1 for the root.
    transitions : (n_sites, n_states, n_states) float32
        Probability of each state of a site (last axis) given the state of its parent. The root has its prior in every
        row.
    emissions : (n_sites, n_states) float32
        Probability of ALT given the state of the site.
    temperature : () float32
        AGs are drawn with all these probabilities to the power 1 / temperature. Likelihoods, predictions, and draws
        given alleles, are those of temperature 1.
    label_names : (n_labels, 2) str, optional
        Population (empty if the label is the superpopulation) and superpopulation of each label of a tree with labels.
    label_shares : (n_labels,) float32, optional
        Share of the training individuals with each label.
    label_transitions : (n_labels, n_sites, n_states, n_states) float32, optional
        `transitions` of the haplotypes of each label, from which AGs are drawn. Likelihoods, predictions, and
        draws given alleles, are those of all labels together.
    label_emissions : (n_labels, n_sites, n_states) float32, optional
        The same of `emissions`.
    state_groups : (n_states,) uint8, optional
        Group of ancestry of each state, where there are several.
    """

    parents: np.ndarray
    transitions: np.ndarray
    emissions: np.ndarray
    temperature: np.ndarray = field(default_factory=lambda: np.float32(1))
    label_names: np.ndarray | None = None
    label_shares: np.ndarray | None = None
    label_transitions: np.ndarray | None = None
    label_emissions: np.ndarray | None = None
    state_groups: np.ndarray | None = None

    def __post_init__(self) -> None:
        self.tree = Tree(self.parents)

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the model from `arrays`."""
        return cls(**arrays)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the tree, the probabilities, the temperature, and the arrays of labels and groups if there are any."""
        arrays = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: array for name, array in arrays.items() if array is not None}

    @property
    def n_states(self) -> int:
        """Number of hidden states of a site."""
        return self.emissions.shape[1]

    def allot_labels(self, n: int, seed: Seed) -> np.ndarray:
        """Return the label of each of `n` AGs of a tree with labels, (n,) int64; see `labels.allotted_labels`."""
        return allotted_labels(self.label_shares, n, seed)

    def of_label(self, label: int) -> Self:
        """Return the tree of one label of a tree with labels."""
        return replace(
            self,
            transitions=self.label_transitions[label],
            emissions=self.label_emissions[label],
            label_names=None,
            label_shares=None,
            label_transitions=None,
            label_emissions=None,
        )

    def sample(self, n: int, seed: Seed, labels: np.ndarray | None = None) -> np.ndarray:
        """Return `n` haplotypes drawn from the root to the leaves: (n, n_sites) uint8.

        Parameters
        ----------
        labels : (n,) int64, optional
            Label of each AG of a tree with labels; by default, those of `allot_labels`.
        """
        return self.sample_with_groups(n, seed, labels)[0]

    def sample_with_groups(self, n: int, seed: Seed, labels: np.ndarray | None = None) -> Draw:
        """Return what `sample` does, and the group of ancestry of every site."""
        if self.label_names is not None:
            labels = self.allot_labels(n, seed) if labels is None else labels

            def draw(tree: Self, of: np.ndarray, label: int) -> Draw:
                return tree.sample_with_groups(of.sum(), derived_seed(seed, "hclt AGs of label", label))

            return self._by_label(labels, draw)
        rng = stream(seed, "hclt AGs")
        # One site a row: the tree is walked over contiguous memory.
        states = np.zeros((len(self.parents), n), np.min_scalar_type(self.n_states))
        haplotypes = np.empty((len(self.parents), n), np.uint8)
        emissions = at_temperature(np.stack([1 - self.emissions, self.emissions], axis=-1), self.temperature)[..., 1]
        for site in self.tree.order:
            above = states[self.parents[site]]  # all 0 for the root, whose rows are the same
            cumulative = np.cumsum(at_temperature(self.transitions[site], self.temperature), axis=1, dtype=np.float64)
            cumulative /= cumulative[:, -1:]
            states[site] = drawn_states(cumulative, above, rng.random(n, np.float32))
            haplotypes[site] = rng.random(n, np.float32) < emissions[site].take(states[site])
        groups = None if self.state_groups is None else np.ascontiguousarray(self.state_groups[states].T)
        return np.ascontiguousarray(haplotypes.T), groups

    def _by_label(self, labels: np.ndarray, draw: Callable) -> Draw:
        """Return the AGs of all labels, and their groups: `draw(tree, of, label)` makes those of one label, a mask."""
        shape = len(labels), len(self.parents)
        haplotypes, groups = np.empty(shape, np.uint8), None if self.state_groups is None else np.empty(shape, np.uint8)
        for label in np.unique(labels):
            of = labels == label
            haplotypes[of], drawn = draw(self.of_label(label), of, label)
            if groups is not None:
                groups[of] = drawn
        return haplotypes, groups

    def sample_given(self, alleles: np.ndarray, observed: np.ndarray, seed: Seed) -> np.ndarray:
        """Draw the alleles of the sites that are not observed, given those that are.

        Parameters
        ----------
        alleles : (n, n_sites) uint8
            0 = REF, 1 = ALT; whatever stands at sites that are not observed.
        observed : (n_sites,) bool
            Sites whose alleles are given.
        seed
            Of the draws.

        Returns
        -------
        (n, n_sites) uint8
            One exact draw for each haplotype, observed alleles as they were.
        """
        return self._draw_given(alleles, observed, seed)[0]

    def _draw_given(
        self, alleles: np.ndarray, observed: np.ndarray, seed: Seed, groups: np.ndarray | None = None
    ) -> Draw:
        """Return what `sample_given` does, given also the groups of the observed sites, and all groups.

        `groups` is (n, n_sites) uint8, or None where they are not given.
        """
        rng = stream(seed, "hclt AGs given alleles")
        evidence = np.where(observed, alleles, 0).astype(np.uint8)
        if groups is not None:
            evidence = np.where(observed, with_groups(evidence, groups), 0)
        parts, parts_groups = [], []
        for patterns in Patterns.in_parts(self.tree, evidence, self.n_states):
            shape = len(self.parents), patterns.within[self.tree.order[0]].shape[1]
            drawn, drawn_groups = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
            for site, states in self._drawn_states(patterns, observed, rng, groups is not None):
                drawn[site] = rng.random(len(states), np.float32) < self.emissions[site, states]
                if self.state_groups is not None:
                    drawn_groups[site] = self.state_groups[states]
            parts.append(drawn.T)
            parts_groups.append(drawn_groups.T)
        drawn = np.where(observed, alleles, np.concatenate(parts)).astype(np.uint8)
        return drawn, None if self.state_groups is None else np.concatenate(parts_groups)

    def _drawn_states(
        self, patterns: Patterns, observed: np.ndarray, rng: np.random.Generator, grouped: bool
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield every site, parents first, and its states (n,) int32, drawn given what is observed."""
        below = self._upward(patterns, observed, grouped).below
        n = patterns.within[self.tree.order[0]].shape[1]
        states, rows = (np.zeros((len(self.parents), n), np.int32) for _ in range(2))
        for site in self.tree.order:
            parent = self.parents[site]
            # Which pattern of the site's subtree each haplotype has.
            above = slice(None) if parent < 0 else rows[parent]
            rows[site] = patterns.within[site].indices[above]
            # Haplotypes with the same pattern, and the same state of the parent, share their probabilities.
            n_patterns = len(below[site])
            first, case, _ = _numbered(states[parent] * n_patterns + rows[site], self.n_states * n_patterns)
            probabilities = self.transitions[site][states[parent, first]] * below[site][rows[site, first]]
            cumulative = np.cumsum(probabilities, axis=1)
            totals = cumulative[:, -1]
            thresholds = rng.random(n, np.float32) * totals[case]
            # Powers of 2 bring every total between 1/2 and 1 without rounding.
            scale = np.ldexp(1.0, -np.frexp(totals)[1])
            drawn = drawn_states(cumulative * scale[:, None], case, thresholds * scale[case])
            states[site] = np.minimum(drawn, self.n_states - 1)
            yield site, states[site]

    def continue_haplotypes(self, context: np.ndarray, seed: Seed, labels: np.ndarray | None = None) -> np.ndarray:
        """Return haplotypes (n, n_sites) uint8 that begin with `context` (n, n_context), drawn at the temperature."""
        return self.continue_with_groups(context, None, seed, labels)[0]

    def continue_with_groups(
        self, context: np.ndarray, groups: np.ndarray | None, seed: Seed, labels: np.ndarray | None = None
    ) -> Draw:
        """Draw haplotypes at the temperature, given their first alleles and the groups of ancestry of these sites.

        Parameters
        ----------
        context, groups : (n, n_context) uint8
            Alleles and groups of the first sites; groups None if only the alleles are given.
        seed
            Of the draws.
        labels : (n,) int64, optional
            Label of each AG of a tree with labels; without it, AGs are those of all labels together.

        Returns
        -------
        Draw
            One exact draw for each haplotype.
        """
        if labels is not None:

            def draw(tree: Self, of: np.ndarray, label: int) -> Draw:
                own_seed = derived_seed(seed, "hclt AGs given alleles of label", label)
                return tree.continue_with_groups(context[of], None if groups is None else groups[of], own_seed)

            return self._by_label(labels, draw)
        shape = len(context), len(self.parents)
        given = np.zeros(shape, np.uint8)
        given[:, : context.shape[1]] = context
        observed = np.arange(len(self.parents)) < context.shape[1]
        given_groups = None
        if groups is not None:
            given_groups = np.zeros(shape, np.uint8)
            given_groups[:, : context.shape[1]] = groups
        return self._at_temperature()._draw_given(given, observed, seed, given_groups)

    def _at_temperature(self) -> Self:
        """Return the tree that draws at temperature 1 what this one draws at its own."""
        emissions = at_temperature(np.stack([1 - self.emissions, self.emissions], axis=-1), self.temperature)[..., 1]
        transitions = at_temperature(self.transitions, self.temperature)
        return type(self)(self.parents, transitions, emissions, state_groups=self.state_groups)

    def log_likelihood(self, alleles: np.ndarray, observed: np.ndarray | None = None) -> np.ndarray:
        """Return the natural logarithm of the probability of haplotypes, (n,) float64.

        Parameters
        ----------
        alleles : (n, n_sites) uint8
            0 = REF, 1 = ALT.
        observed : (n_sites,) bool, optional
            Sites whose alleles count; the others are summed over, whatever `alleles` holds there. By default all.
        """
        if observed is not None:
            alleles = np.where(observed, alleles, 0)
        return self.log_likelihood_of(Patterns.in_parts(self.tree, alleles, self.n_states), observed)

    def log_likelihood_of(self, parts: Iterable[Patterns], observed: np.ndarray | None = None) -> np.ndarray:
        """Return what `log_likelihood` does, from the patterns of the alleles, so that trees that agree share them."""
        return np.concatenate([self._upward(patterns, observed).log_likelihood for patterns in parts])

    def predict(self, alleles: np.ndarray, observed: np.ndarray | None = None) -> np.ndarray:
        """Return the probability of ALT at every site, given the alleles at all other sites that are observed.

        Parameters
        ----------
        alleles : (n, n_sites) uint8
            0 = REF, 1 = ALT; whatever stands at sites that are not observed.
        observed : (n_sites,) bool, optional
            Sites whose alleles are given; by default all. An observed site is predicted without its own allele.

        Returns
        -------
        (n, n_sites) float32
            Exact, by one pass up the tree and one down.
        """
        observed = np.ones(len(self.parents), bool) if observed is None else observed
        parts = Patterns.in_parts(self.tree, np.where(observed, alleles, 0).astype(np.uint8), self.n_states)
        return np.concatenate([self._predicted(patterns, observed) for patterns in parts])

    def states_given(self, alleles: np.ndarray, sites: np.ndarray) -> np.ndarray:
        """Return the probability of every state at some sites, given all alleles: (n, len(sites), n_states) float32.

        Parameters
        ----------
        alleles : (n, n_sites) uint8
            0 = REF, 1 = ALT.
        sites : (n_chosen,) int
            Sites whose states are asked for, each once.
        """
        place = {site: i for i, site in enumerate(sites.tolist())}
        parts = []
        for patterns in Patterns.in_parts(self.tree, alleles, self.n_states):
            upward = self._upward(patterns)
            part = np.empty((len(upward.log_likelihood), len(place), self.n_states), np.float32)
            for site, _, states in self._downward(patterns, upward):
                if site in place:
                    part[:, place[site]] = states
            parts.append(part)
        return np.concatenate(parts)

    def expected_alleles(self, alleles: np.ndarray) -> np.ndarray:
        """Return how probable ALT is in the states that haplotypes (n, n_sites) uint8 have: (n, n_sites) float32.

        The states are inferred from all alleles, that of the site itself included.
        """
        parts = []
        for patterns in Patterns.in_parts(self.tree, alleles, self.n_states):
            upward = self._upward(patterns)
            part = np.empty((len(upward.log_likelihood), len(self.parents)), np.float32)
            for site, _, states in self._downward(patterns, upward):
                part[:, site] = states @ self.emissions[site]
            parts.append(part)
        return np.concatenate(parts)

    def _predicted(self, patterns: Patterns, observed: np.ndarray) -> np.ndarray:
        """Return what `predict` does, for the haplotypes of `patterns`."""
        upward = self._upward(patterns, observed)
        given_state = np.stack([1 - self.emissions, self.emissions], axis=1)
        ones = np.ones(self.n_states, np.float32)
        predicted = np.empty((len(upward.log_likelihood), len(self.parents)), np.float32)
        for site, rows, states in self._downward(patterns, upward):
            if observed[site]:
                states = states / np.maximum(given_state[site][patterns.alleles[site][rows]], TINY)
            predicted[:, site] = (states @ self.emissions[site]) / np.maximum(states @ ones, TINY)
        return predicted

    def _downward(self, patterns: Patterns, upward: Upward) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Pass the states of every haplotype from the root to the leaves.

        Yields
        ------
        site : int
            Every site once, after its parent.
        rows : (n_haplotypes,) int
            Which pattern of the site's subtree each haplotype has.
        states : (n_haplotypes, n_states) float32
            Probability of each state of the site, given the observed alleles.
        """
        n, ones = len(upward.log_likelihood), np.ones(self.n_states, np.float32)
        # Of sites with children to come. The root's parent, if it had one, would be in state 0.
        held = {-1: (slice(None), np.eye(1, self.n_states, dtype=np.float32).repeat(n, axis=0))}
        for site, is_last in self.tree.depth_first():
            parent = self.parents[site]
            above, states = held.pop(parent) if is_last else held[parent]
            rows = patterns.within[site].indices[above]
            # The parent's states but for what this subtree says of them.
            outside = (states / np.maximum(upward.messages[site][rows], TINY)) @ self.transitions[site]
            states = outside * upward.below[site][rows]
            states /= np.maximum(states @ ones, TINY)[:, None]
            if self.tree.children[site]:
                held[site] = rows, states
            yield site, rows, states

    def expected_counts(self, patterns: Patterns, grouped: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return how many haplotypes are expected to have which states, given their alleles.

        Parameters
        ----------
        patterns
            Of alleles; if `grouped` of alleles and groups (`ancestry.with_groups`).
        grouped
            Whether states of other groups than the given ones are impossible.

        Returns
        -------
        transitions : (n_sites, n_states, n_states) float32
            With a state of the parent and a state of the site; for the root, its states in every row.
        alleles : (n_sites, 2, n_states) float32
            With an allele and a state of the site.
        log_likelihood : (n_haplotypes,) float64
            Natural logarithm of the probability of each haplotype.
        """
        upward = self._upward(patterns, grouped=grouped)
        transitions = np.empty_like(self.transitions)
        alleles = np.empty((len(self.parents), 2, self.n_states), np.float32)
        root = self.tree.order[0]
        # The root's parent, if it had one, would be in state 0.
        start = np.zeros((patterns.within[root].shape[1], self.n_states), np.float32)
        start[:, 0] = 1

        def belief(site: int, above: np.ndarray) -> np.ndarray:
            """Count the states of a site by pattern, from those of its parent; frees what is not needed again."""
            below, message = upward.below[site], upward.messages[site]
            upward.below[site] = upward.messages[site] = None
            outside = patterns.within[site] @ above
            outside /= np.maximum(message, TINY)
            np.multiply(outside.T @ below, self.transitions[site], out=transitions[site])
            below *= outside @ self.transitions[site]
            alt = (patterns.alleles[site] & 1).astype(np.float32)
            alleles[site] = np.stack([1 - alt, alt]) @ below
            return below

        beliefs = {root: belief(root, start)}
        for site in self.tree.order:
            above = beliefs.pop(site)
            for child in self.tree.children[site]:
                beliefs[child] = belief(child, above)
        transitions[root] = transitions[root][0]
        return transitions, alleles, upward.log_likelihood

    def _upward(self, patterns: Patterns, observed: np.ndarray | None = None, grouped: bool = False) -> Upward:
        """Pass messages from the leaves to the root; alleles of sites that are not `observed` do not count.

        If `grouped`, the patterns are those of `ancestry.with_groups`, and states of other groups are impossible.
        """
        given_state = np.stack([1 - self.emissions, self.emissions], axis=1)
        if observed is not None:
            given_state[~observed] = 1
        if grouped:
            # The first row is for sites whose group is not given.
            possible = np.arange(-1, int(self.state_groups.max()) + 1)[:, None] == self.state_groups
            possible[0] = True
        below, messages, logs = ([None] * len(self.parents) for _ in range(3))
        for site in reversed(self.tree.order):
            product = given_state[site].take(patterns.alleles[site] & 1, axis=0)
            if grouped:
                product *= possible[patterns.alleles[site] >> 1]
            log_scale = np.zeros(len(product))
            for i, child in enumerate(self.tree.children[site], start=1):
                rows = patterns.within[child].indices
                product *= messages[child].take(rows, axis=0)
                log_scale += logs[child].take(rows)
                # Before the product can leave the range of float32; a group may be improbable.
                if i % 4 == 0 or grouped:
                    _rescale(product, log_scale)
            _rescale(product, log_scale)
            below[site], logs[site] = product, log_scale
            messages[site] = product @ self.transitions[site].T
        root = self.tree.order[0]
        with np.errstate(divide="ignore"):
            total = logs[root] + np.log(messages[root][:, 0], dtype=np.float64)
        return Upward(below, messages, total[patterns.within[root].indices])


def _rescale(values: np.ndarray, log_scale: np.ndarray) -> None:
    """Divide each row by its sum, in place, and add the logarithm of the sum to `log_scale`."""
    # A matrix product, since sums of short rows are slow.
    sums = values @ np.ones(values.shape[1], np.float32)
    # Repeated, since broadcasting to short rows is slow, too.
    values /= np.maximum(sums, TINY).repeat(values.shape[1]).reshape(values.shape)
    # Alleles that are impossible have the logarithm -inf.
    with np.errstate(divide="ignore"):
        log_scale += np.log(sums, dtype=np.float64)
