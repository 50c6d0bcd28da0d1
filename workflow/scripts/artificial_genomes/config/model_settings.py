"""The settings of every kind of model: one class for each row of `core.kinds.KINDS`, and one for AGs from elsewhere."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, JsonValue

from artificial_genomes.config.values import (
    ABSENT,
    Count,
    File,
    Layers,
    NotNegative,
    Once,
    PartOrNone,
    Positive,
    Rate,
    Section,
    Share,
    Temperatures,
)

SETTINGS: dict[str, type["ModelSettings"]] = {}
"""The settings of each kind of model, in the order of the classes below."""


class ModelSettings(Section):
    """One model; the other keys depend on its kind."""

    kind: str
    """Kind of the model; the other keys depend on it."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Enter the kind that a class is of, if it is of one."""
        SETTINGS.update(dict.fromkeys(get_args(cls.model_fields["kind"].annotation), cls))


class Recipe(ModelSettings):
    """A model with recipes."""

    recipe: Literal["authors", "ours"] = ABSENT
    """Name of the settings in resources/recipes.yaml that hold where this entry says nothing else; without it, all keys
    are required."""


class Epochs(ModelSettings):
    """A model that trains by epochs."""

    epochs: Count
    """Passes over the training haplotypes, at the most."""
    score_every: Count
    """Epochs from one score on the validation people to the next; the best scored epoch is kept."""
    patience: Count
    """Stop after so many epochs without a better score."""


class Gan(Epochs, Recipe):
    """Generative adversarial network."""

    kind: Literal["gan"]
    batch_size: Count
    """Haplotypes for each update."""
    latent_size: Count
    """Random numbers that one artificial haplotype is made from."""
    l2: NotNegative
    """Weight of the L2 penalty on hidden kernels."""
    generator_learning_rate: Rate
    """Learning rate of the generator (Adam)."""
    discriminator_learning_rate: Rate
    """Learning rate of the discriminator (Adam)."""
    order: Literal["shuffled", "every_epoch"]
    """Whether haplotypes are shuffled once, so that batches are the same in every epoch, or anew in every epoch."""
    blur: Literal["once", "every_step"]
    """When the uniform noise on real alleles is drawn."""
    latent: Literal["shared", "separate"]
    """Whether the discriminator's and the generator's step see the same latent points."""
    discriminator_step: Literal["joint", "separate"]
    """Whether the discriminator takes one step on real and generated haplotypes together, or one on each."""
    judged: Literal["outputs", "alleles"]
    """What the discriminator sees of a generated haplotype; the generator's outputs, or alleles drawn with these as
    probabilities."""
    generator_average: PartOrNone
    """Share of the running average of the generators, which makes the AGs, that an update keeps; 0 for no average."""
    sampling_temperatures: Annotated[list[NotNegative], Field(min_length=1), Once]
    """Temperatures at which alleles are drawn with the generator's outputs as probabilities, of which validation
    individuals choose one; 0 rounds the outputs."""
    precision: Literal["float32", "mixed"]
    """Precision of the hidden layers; mixed (bfloat16) is for GPUs."""


class Rbm(Epochs, Recipe):
    """Restricted Boltzmann machine."""

    kind: Literal["rbm"]
    batch_size: Count
    """Haplotypes for each update."""
    last_batch: Literal["kept", "dropped"]
    """Whether the haplotypes that are left at the end of an epoch, fewer than a batch, make a last update (kept) or
    none (dropped)."""
    hidden_units: Count
    """Number of hidden units."""
    local_units: Annotated[int, Field(ge=0)]
    """Of the hidden units, how many see only neighbouring sites; the others see all."""
    local_sites: Count
    """Sites that follow each other and are seen by one local unit."""
    hidden: Literal["sigmoid", "relu"]
    """Hidden units, of two values (sigmoid) or rectified normal (relu)."""
    relu_cutoff: float | None
    """Activation below which a rectified unit is 0; null for none."""
    initial_weight_sd: Positive
    """Standard deviation of the weights at the start."""
    initial_bias: Literal["smoothed", "clipped"]
    """Visible biases at the start, log-odds of the allele frequencies with one more haplotype of each allele (smoothed)
    or clipped to 1e-8 from 0 and 1 (clipped)."""
    learning_rate: Rate
    """Learning rate of the stochastic gradient."""
    learning_rate_decay: Share
    """Last share of the training over which the learning rate falls to 0; 0 for a constant rate."""
    l1: NotNegative
    """Weight of the L1 penalty on the weights."""
    gradient: Literal["plain", "centered"]
    """Gradient of the likelihood (plain), or centered, which makes a step independent of how alleles are coded."""
    negative_hidden: Literal["mean", "sampled"]
    """What the negative part of the gradient multiplies the alleles of the chains with, means of the hidden units or
    drawn ones."""
    weight_average: PartOrNone
    """Share of the running average of the weights, which makes the AGs, that an update keeps; 0 for no average."""
    chains: Count
    """Gibbs chains behind the negative part of the gradient."""
    chain_start: Literal["persistent", "restarted"]
    """Whether chains go on from update to update (persistent) or start anew at each (restarted)."""
    chain_initial: Literal["frequencies", "coin"]
    """What chains start from in the training, alleles drawn by frequency or fair coin flips."""
    warm_up_sweeps: Annotated[int, Field(ge=0)]
    """Sweeps of all chains before the first update."""
    gibbs_sweeps: Count
    """Sweeps of Gibbs sampling for each update."""
    sampling_sweeps: Count
    """Sweeps of Gibbs sampling for each artificial haplotype."""
    sampling_start: Literal["frequencies", "coin", "chains", "data"]
    """What the chains of artificial haplotypes start from, alleles drawn by frequency, fair coin flips, the chains of
    the training, or the training haplotypes, near which AGs may then stay."""
    sampling_temperatures: Temperatures
    """Temperatures of the last sweep of an artificial haplotype, of which validation people choose one; below 1 alleles
    are nearer to certain."""
    labels: Literal["none", "superpopulation", "population"]
    """Label units that say which superpopulation, or population, an artificial haplotype is of, so that AGs can be made
    of each; or none."""


class Wgan(Epochs):
    """Wasserstein GAN whose critic sees several haplotypes at once."""

    kind: Literal["wgan"]
    batch_size: Count
    """Haplotypes for each update, a multiple of the packing."""
    latent_size: Count
    """Random numbers that one artificial haplotype is made from, beside the draws of its alleles."""
    generator_units: Layers
    """Units of the generator's hidden layers, from the latent numbers on."""
    critic_units: Layers
    """Units of the critic's hidden layers that each haplotype goes through."""
    pack_units: Layers
    """Units of the critic's hidden layers after the sum over the haplotypes of a pack."""
    packing: Count
    """Haplotypes that the critic sees at once; 1 for each alone."""
    critic_steps: Count
    """Steps of the critic for each of the generator."""
    gradient_penalty: NotNegative
    """Weight of the penalty that keeps the critic's slope near 1."""
    generator_learning_rate: Rate
    """Learning rate of the generator (Adam)."""
    critic_learning_rate: Rate
    """Learning rate of the critic (Adam)."""
    generator_average: PartOrNone
    """Share of the running average of the generators, which makes the AGs, that an update keeps; 0 for no average."""
    sampling_temperatures: Temperatures
    """Temperatures of the draws of alleles, of which validation people choose one; above 1 sites are drawn more
    independently."""


class Hclt(Epochs):
    """Hidden Chow-Liu tree, hidden states on the tree of the sites that tell most of each other."""

    kind: Literal["hclt"]
    hidden_states: Count
    """Hidden states of a site."""
    initial_persistence: PartOrNone
    """Probability, at the start of training, that a site is in the state of its parent in the tree, beside an even
    share of all states; high where sites are dense."""
    transition_pseudocount: NotNegative
    """Haplotypes added to each state of a parent, spread evenly over the states of the site."""
    emission_pseudocount: NotNegative
    """Haplotypes with the allele frequencies of all that are added to each state of a site."""
    sampling_temperatures: Temperatures
    """Temperatures at which AGs are drawn, of which validation people choose one; below 1 states last longer and
    alleles are nearer to certain."""


class LiStephens(ModelSettings):
    """Mosaics of copied training haplotypes (Li and Stephens, as HAPGEN2 does)."""

    kind: Literal["li_stephens"]
    effective_size: Positive
    """Effective size of the population in diploid individuals; HAPGEN2 takes 11418 for Europeans, 17469 for Africans
    and 14269 for East Asians."""
    recombination_cm_per_mb: NotNegative
    """Recombination rate in cM/Mb."""
    mutation_scale: NotNegative
    """Factor on the mutation rate of Li and Stephens; 0 copies without errors."""


class Coalescent(ModelSettings):
    """Haplotypes of a coalescent simulation, with sites of their own."""

    kind: Literal["coalescent"]
    demography: File
    """`constant`, a population whose size is fitted to the training haplotypes, or the path of a demographic history
    (YAML of Demes)."""
    samples: Annotated[dict[str, Positive], Field(min_length=1)] | None
    """Populations of the history that AGs are sampled from, each with its share; null for `constant`."""
    mutation_rate: Positive
    """Mutations per bp and generation."""
    recombination_cm_per_mb: NotNegative
    """Recombination rate in cM/Mb."""
    oversampling: Annotated[float, Field(ge=1)]
    """Factor on the number of SNPs that are simulated; they are then thinned to the number of the data set."""


class Markov(ModelSettings):
    """Each allele drawn given the alleles of the sites before it."""

    kind: Literal["markov"]
    window: Annotated[int, Field(ge=1, le=16)]
    """Sites before it that an allele depends on."""


class Bernoulli(ModelSettings):
    """Independent sites with the allele frequencies of the training people."""

    kind: Literal["bernoulli"]


class External(ModelSettings):
    """Artificial genomes that you bring."""

    kind: Literal["external"]
    genomes: Annotated[dict[str, File], Field(min_length=1)]
    """Files with the AGs, by data set; VCF or BCF, `.hapt`, or IMPUTE's `.hap`."""
    legends: dict[str, File] = ABSENT
    """Legends of the AGs, by data set; for `.hap`, and for a `.hapt` whose sites are not exactly those of the data
    set."""
    trained_on: dict[str, File] = ABSENT
    """Lists of the people whom the generator learnt from, by data set; one sample name a line."""


class Custom(ModelSettings):
    """A model of your own."""

    kind: Literal["custom"]
    module: File
    """Python file with the model, a function `fit` and a class `Model` (docs/own-model.md)."""
    settings: dict[str, JsonValue] = ABSENT
    """What the function `fit` gets as its settings, whatever it is; {} without this key."""
