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
    Part,
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
    """Name of the settings in resources/recipes.yaml that apply unless this entry sets them; without a recipe, all keys
    are required."""


class Epochs(ModelSettings):
    """A model that is trained by epochs."""

    epochs: Count
    """Maximum number of passes over the training haplotypes."""
    score_every: Count
    """Number of epochs between two scores on the validation individuals; the best scored epoch is kept."""
    patience: Count
    """Number of epochs without a better score after which training stops."""


class Gan(Epochs, Recipe):
    """Generative adversarial network."""

    kind: Literal["gan"]
    batch_size: Count
    """Number of haplotypes per update."""
    latent_size: Count
    """Number of random values from which one artificial haplotype is made."""
    l2: NotNegative
    """Weight of the L2 penalty on hidden kernels."""
    generator_learning_rate: Rate
    """Learning rate of the generator (Adam)."""
    discriminator_learning_rate: Rate
    """Learning rate of the discriminator (Adam)."""
    order: Literal["shuffled", "every_epoch"]
    """Whether haplotypes are shuffled once, so that all epochs have the same batches (shuffled), or again in every
    epoch (every_epoch)."""
    blur: Literal["once", "every_step"]
    """Whether the uniform noise on real alleles is drawn once or at every step."""
    latent: Literal["shared", "separate"]
    """Whether the steps of the discriminator and of the generator use the same latent points (shared) or not
    (separate)."""
    discriminator_step: Literal["joint", "separate"]
    """Whether the discriminator takes one step on real and generated haplotypes together (joint), or one step on each
    (separate)."""
    judged: Literal["outputs", "alleles"]
    """What the discriminator sees of a generated haplotype: the generator's outputs, or alleles drawn with the outputs
    as probabilities."""
    generator_average: PartOrNone
    """Share that the running average of the generators keeps at an update; the average makes the AGs. 0 for no
    average."""
    sampling_temperatures: Annotated[list[NotNegative], Field(min_length=1), Once]
    """Temperatures at which alleles are drawn with the generator's outputs as probabilities; the one with the best
    score on validation individuals is used. 0 rounds the outputs."""
    precision: Literal["float32", "mixed"]
    """Precision of the hidden layers; mixed (bfloat16) is for GPUs."""


class Rbm(Epochs, Recipe):
    """Restricted Boltzmann machine."""

    kind: Literal["rbm"]
    batch_size: Count
    """Number of haplotypes per update."""
    last_batch: Literal["kept", "dropped"]
    """Whether the haplotypes left at the end of an epoch, fewer than a batch, make a last update (kept) or none
    (dropped)."""
    hidden_units: Count
    """Number of hidden units."""
    local_units: Annotated[int, Field(ge=0)]
    """Number of hidden units that see only neighbouring sites; the others see all sites."""
    local_sites: Count
    """Number of consecutive sites that one local unit sees."""
    hidden: Literal["sigmoid", "relu"]
    """Type of the hidden units: binary (sigmoid) or rectified normal (relu)."""
    relu_cutoff: float | None
    """Activation below which a rectified unit is 0; null for none."""
    initial_weight_sd: Positive
    """Standard deviation of the initial weights."""
    initial_bias: Literal["smoothed", "clipped"]
    """Initial visible biases: log-odds of the allele frequencies, with one more haplotype of each allele (smoothed) or
    clipped to 1e-8 from 0 and 1 (clipped)."""
    learning_rate: Rate
    """Learning rate of the stochastic gradient."""
    learning_rate_decay: Share
    """Last share of the training, over which the learning rate falls to 0; 0 for a constant rate."""
    l1: NotNegative
    """Weight of the L1 penalty on the weights."""
    gradient: Literal["plain", "centered"]
    """Gradient of the likelihood (plain), or the centered gradient, whose steps do not depend on how alleles are coded
    (centered)."""
    negative_hidden: Literal["mean", "sampled"]
    """Whether the negative part of the gradient multiplies the alleles of the chains by the means of the hidden units
    (mean) or by drawn hidden units (sampled)."""
    weight_average: PartOrNone
    """Share that the running average of the weights keeps at an update; the average makes the AGs. 0 for no average."""
    chains: Count
    """Number of Gibbs chains for the negative part of the gradient."""
    chain_start: Literal["persistent", "restarted"]
    """Whether chains continue from update to update (persistent) or start again at each (restarted)."""
    chain_initial: Literal["frequencies", "coin"]
    """What chains start from in training: alleles drawn by frequency, or fair coin flips."""
    warm_up_sweeps: Annotated[int, Field(ge=0)]
    """Number of sweeps of all chains before the first update."""
    gibbs_sweeps: Count
    """Number of sweeps of Gibbs sampling per update."""
    sampling_sweeps: Count
    """Number of sweeps of Gibbs sampling per artificial haplotype."""
    sampling_start: Literal["frequencies", "coin", "chains", "data"]
    """What the chains of artificial haplotypes start from: alleles drawn by frequency, fair coin flips, the chains of
    the training, or the training haplotypes, to which AGs may then stay close."""
    sampling_temperatures: Temperatures
    """Temperatures of the last sweep of an artificial haplotype; the one with the best score on validation individuals
    is used. Below 1, alleles are less random."""
    labels: Literal["none", "superpopulation", "population"]
    """Label units for the superpopulation or the population of a haplotype, so that AGs of each can be made; or
    none."""


class Wgan(Epochs):
    """Wasserstein GAN whose critic sees several haplotypes at once."""

    kind: Literal["wgan"]
    batch_size: Count
    """Number of haplotypes per update, a multiple of the packing."""
    latent_size: Count
    """Number of random values from which one artificial haplotype is made, in addition to the draws of its alleles."""
    generator_units: Layers
    """Numbers of units of the generator's hidden layers, starting after the latent values."""
    critic_units: Layers
    """Numbers of units of the critic's hidden layers that each haplotype passes through."""
    pack_units: Layers
    """Numbers of units of the critic's hidden layers after the sum over the haplotypes of a pack."""
    packing: Count
    """Number of haplotypes that the critic sees at once; 1 for single haplotypes."""
    critic_steps: Count
    """Number of critic steps per generator step."""
    gradient_penalty: NotNegative
    """Weight of the penalty that keeps the critic's slope near 1."""
    generator_learning_rate: Rate
    """Learning rate of the generator (Adam)."""
    critic_learning_rate: Rate
    """Learning rate of the critic (Adam)."""
    generator_average: PartOrNone
    """Share that the running average of the generators keeps at an update; the average makes the AGs. 0 for no
    average."""
    sampling_temperatures: Temperatures
    """Temperatures at which alleles are drawn; the one with the best score on validation individuals is used. Above 1,
    sites are drawn more independently."""


class DifferentialPrivacy(Section):
    """Train with differential privacy per individual (docs/privacy.md); null or left out for training without."""

    epsilon: Positive
    """Largest privacy loss of an individual, for each seed."""
    delta: Part
    """Probability with which the loss may be larger; well below 1 divided by the number of individuals."""
    noise: Literal["secret", "seed"]
    """Whether the noise is drawn from random numbers of the operating system, so that every training gives another
    model (secret), or from the seed, which protects from nobody who knows it (seed; for tests and public cohorts)."""
    neighbours: Count
    """Number of following sites with which a site may be joined in the tree; without effect where there is a public
    panel, which gives the tree."""


class Hclt(Epochs):
    """Hidden Chow-Liu tree: hidden states on the tree that joins the sites with the highest mutual information."""

    kind: Literal["hclt"]
    hidden_states: Count
    """Number of hidden states per site."""
    initial_persistence: PartOrNone
    """Probability, at the start of training, that a site takes the state of its parent in the tree; the remaining
    probability is spread evenly over all states. High values suit dense sites."""
    transition_pseudocount: NotNegative
    """Number of haplotypes added to each state of a parent, spread evenly over the states of the site."""
    emission_pseudocount: NotNegative
    """Number of haplotypes, with the overall allele frequencies, added to each state of a site."""
    ancestry_groups: Annotated[int, Field(ge=1, le=256)]
    """Number of groups of similar training haplotypes (k-means on six principal components) among which the hidden
    states are divided, so that an AG keeps its ancestry along the chromosome; 1 for none. All windows of a data set
    share the groups, which are found at up to 2000 of its sites."""
    ancestry_change: Annotated[float, Field(gt=0, lt=1)]
    """Probability, at the start of training, that a site belongs to another group than its parent in the tree."""
    sampling_temperatures: Temperatures
    """Temperatures at which AGs are drawn; the one with the best score on validation individuals is used. Below 1,
    states last longer and alleles are less random."""
    labels: Literal["none", "superpopulation", "population"]
    """Also learn how states follow each other within every superpopulation or population, so that AGs of each can be
    made; or none."""
    label_pseudocount: NotNegative
    """Number of haplotypes added to each state within a label, with the probabilities of all haplotypes. Low values
    keep labels apart and are closer to their training haplotypes."""
    differential_privacy: DifferentialPrivacy | None = ABSENT
    """Train with differential privacy per individual (docs/privacy.md); null or left out for training without."""


class LiStephens(ModelSettings):
    """Mosaics of copied training haplotypes (Li and Stephens, as in HAPGEN2)."""

    kind: Literal["li_stephens"]
    effective_size: Positive
    """Effective population size in diploid individuals; HAPGEN2 uses 11418 for Europeans, 17469 for Africans and 14269
    for East Asians."""
    recombination_cm_per_mb: NotNegative
    """Recombination rate in cM/Mb."""
    mutation_scale: NotNegative
    """Factor by which the mutation rate of Li and Stephens is multiplied; 0 copies without errors."""


class Reshape(ModelSettings):
    """Descendants of the training haplotypes after generations of recombination (as in RESHAPE)."""

    kind: Literal["reshape"]
    generations: Count
    """Number of generations of recombination; more make the segments shorter that are copied from one haplotype."""
    recombination_cm_per_mb: NotNegative
    """Recombination rate in cM/Mb."""


class Coalescent(ModelSettings):
    """Haplotypes from a coalescent simulation, whose sites are not those of the data set."""

    kind: Literal["coalescent"]
    demography: File
    """`constant` for a population whose size is fitted to the training haplotypes, or the path of a demographic history
    (Demes YAML)."""
    samples: Annotated[dict[str, Positive], Field(min_length=1)] | None
    """Populations of the history from which AGs are sampled, each with its share; null for `constant`."""
    mutation_rate: Positive
    """Mutations per bp and generation."""
    recombination_cm_per_mb: NotNegative
    """Recombination rate in cM/Mb."""
    oversampling: Annotated[float, Field(ge=1)]
    """Factor on the number of simulated SNPs, which are then thinned to the number in the data set."""


class Markov(ModelSettings):
    """A Markov chain: each allele is drawn given the alleles at the preceding sites."""

    kind: Literal["markov"]
    window: Annotated[int, Field(ge=1, le=16)]
    """Number of preceding sites on which an allele depends."""


class Bernoulli(ModelSettings):
    """Independent sites with the allele frequencies of the training individuals."""

    kind: Literal["bernoulli"]


class External(ModelSettings):
    """Artificial genomes that you supply."""

    kind: Literal["external"]
    genomes: Annotated[dict[str, File], Field(min_length=1)]
    """Files with the AGs, by data set; VCF or BCF, `.hapt`, or IMPUTE's `.hap`."""
    legends: dict[str, File] = ABSENT
    """Legends of the AGs, by data set; for `.hap`, and for a `.hapt` whose sites are not exactly those of the data
    set."""
    trained_on: dict[str, File] = ABSENT
    """Lists of the individuals on which the generator was trained, by data set; one sample name per line."""


class Custom(ModelSettings):
    """A model that you write."""

    kind: Literal["custom"]
    module: File
    """Python file of the model, with a function `fit` and a class `Model` (docs/own-model.md)."""
    settings: dict[str, JsonValue] = ABSENT
    """Settings that are passed to the function `fit`, of any form; {} by default."""
