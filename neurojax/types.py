"""The words of neurojax and its Protocols.

`population` is a pytree whose leaves all start with the member axis; everything that
happens to it is a pure function. Implementations are frozen dataclasses that hold
static choices only and are hashed by value, so equal ones share one compilation. States
are `NamedTuple`s. A Protocol is satisfied by having its methods: nothing is inherited.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

from jaxtyping import Array, Bool, Float, PRNGKeyArray, Shaped

__all__ = [
    "BatchNetwork",
    "Carry",
    "ChecksParams",
    "ContinuousActions",
    "Decode",
    "EnvState",
    "Environment",
    "Fitness",
    "FitnessLike",
    "Genotype",
    "HostEnvironment",
    "Inherited",
    "Key",
    "LearningProblem",
    "Metrics",
    "Network",
    "NetworkProblem",
    "Observation",
    "Params",
    "PartwiseProblem",
    "PlayableProblem",
    "Population",
    "Problem",
    "Sample",
    "ShardedStrategy",
    "Start",
    "State",
    "Strategy",
    "System",
    "Variation",
    "VariationKeys",
    "Weights",
    "identity",
]

Key: TypeAlias = PRNGKeyArray  #: of JAX's new style: `jax.random.key(0)`
Genotype: TypeAlias = Any  #: what is inherited and varied: any pytree
Weights: TypeAlias = Any  #: what a network runs with: decode(genotype)
Population: TypeAlias = Any  #: a genotype with a leading member axis on every leaf
Carry: TypeAlias = Any  #: a network's memory within one life; () if it has none
Observation: TypeAlias = Any  #: what a network is shown at one instant: an array
EnvState: TypeAlias = Any  #: where a world stands: any pytree
Start: TypeAlias = tuple[Observation, EnvState]  #: of an episode
Params: TypeAlias = Any  #: numbers that may be swept or vmapped; never network weights
State: TypeAlias = Any  #: what the next generation needs, and nothing else
Fitness: TypeAlias = Float[Array, " population"]  #: lower is better; NaN ranks last
FitnessLike: TypeAlias = Any  #: one real number per member, of any dtype, or a list
Metrics: TypeAlias = dict[str, Shaped[Array, "..."]]  #: by name
Sample: TypeAlias = Callable[[Key], Genotype]  #: draws one genotype
Decode: TypeAlias = Callable[[Genotype], Weights]  #: of one genotype
VariationKeys: TypeAlias = tuple[Key, Key, Key]  #: crossover, adaptation, mutation


def identity(genotype: Genotype) -> Weights:
    """The default `decode`: the genotype is the weights."""
    return genotype


@runtime_checkable
class Network(Protocol):
    """Weights and an observation in, an output out; memory travels in the carry.

    `reset` begins a life: its carry may be drawn with the key, which is the same for
    all members that play the same episode.

    One without memory may be a `BatchNetwork`, too.
    """

    def init(self, key: Key) -> Weights: ...

    def reset(self, key: Key, weights: Weights) -> Carry: ...

    def apply(
        self, weights: Weights, carry: Carry, observation: Observation
    ) -> tuple[Carry, Array]: ...


@runtime_checkable
class BatchNetwork(Network, Protocol):
    """A network without memory that maps a batch faster than `vmap` does."""

    def apply_batch(self, weights: Weights, observations: Observation) -> Array:
        """Outputs `(batch, ...)` for observations `(batch, ...)`, as by `apply`."""
        ...


@runtime_checkable
class Environment(Protocol):
    """One episode, without automatic reset.

    `max_steps` bounds an episode in environment steps. After an end, `step` may be
    called on, but what it returns carries no meaning.
    """

    @property
    def max_steps(self) -> int: ...

    @property
    def observation_shape(self) -> tuple[int, ...]: ...

    @property
    def num_actions(self) -> int | None:
        """How many discrete actions there are; None for `ContinuousActions`."""
        ...

    def reset(self, key: Key) -> tuple[Observation, EnvState]: ...

    def step(
        self, key: Key, state: EnvState, action: Array
    ) -> tuple[Observation, EnvState, Array, Array, Array]:
        """Return observation, state, reward, terminated, truncated."""
        ...


@runtime_checkable
class HostEnvironment(Protocol):
    """A simulator outside JAX, which is played on the host.

    It is hashable by value and, to be played in worker processes, can be pickled and
    imported: a frozen dataclass in a module.

    `max_steps` bounds an episode in steps. `observation_shape` and `num_actions` are
    those of an `Environment`.
    """

    @property
    def max_steps(self) -> int: ...

    @property
    def observation_shape(self) -> tuple[int, ...]: ...

    @property
    def num_actions(self) -> int | None: ...

    def vector(self, num_envs: int) -> Any:
        """Return a vector environment, used as one of gymnasium is.

        `reset(seed=[int, ...])` begins an episode per seed, which depends on it and on
        the actions alone, and returns observations and info. `step(actions)` takes
        int32 `(num_envs,)` or float32 `(num_envs, action_size)` and returns
        observations `(num_envs, *observation_shape)`, rewards, terminated and truncated
        `(num_envs,)`, and info. It is called until every episode has ended; what it
        returns of one that has ended is ignored. Info is never read.
        """
        ...


@runtime_checkable
class ContinuousActions(Protocol):
    """What an environment of either kind also says whose `num_actions` is None."""

    @property
    def action_bounds(self) -> tuple[Any, Any] | None:
        """Lowest and highest action, arrays `(action_size,)`; None if discrete."""
        ...


@runtime_checkable
class Problem(Protocol):
    """What is to be minimised. `eval` has evosax's call shape.

    `eval` returns fitness `(population,)`, the next state and metrics whose arrays all
    have the leading member axis. A problem with `jittable=False` runs on the host.
    """

    @property
    def jittable(self) -> bool: ...

    def init(self, key: Key) -> State: ...

    def eval(
        self, key: Key, population: Population, state: State
    ) -> tuple[Fitness, State, Metrics]: ...


@runtime_checkable
class NetworkProblem(Problem, Protocol):
    """A problem whose members are weights of one network."""

    @property
    def network(self) -> Network: ...


@runtime_checkable
class LearningProblem(Problem, Protocol):
    """A problem whose next state depends on the members; `eval` is made of both parts.

    `play` returns fitness, what each member leaves behind and metrics, all with the
    member axis: many devices can share it. `learn` returns the next state.
    """

    def play(
        self, key: Key, population: Population, state: State
    ) -> tuple[Fitness, Any, Metrics]: ...

    def learn(self, state: State, record: Any) -> State: ...


class Inherited(NamedTuple):
    """What the members of a population inherit and pass on.

    Attributes:
        population: their genotypes, as `sample` draws them: what is decoded and judged.
        own: what a variation keeps of each member beside its genotype, such as a
            mutation std; () if nothing.
    """

    population: Population
    own: Population


@runtime_checkable
class Variation(Protocol):
    """How children are made from parents, by crossover and mutation.

    `init` takes a first population and says what its members inherit; it refuses
    genotypes that it cannot vary. `vary` returns children of the mothers where
    `is_child`, and elsewhere the mothers, bit for bit; structure, shapes and dtypes are
    kept. Every strategy passes two parents, which may be one and the same. A key for
    each part keeps the draws of one from depending on another being there.

    `is_counted` tells that the numbers drawn for a member depend on the keys and its
    index alone, so that each device of a mesh can draw those of its own members.
    """

    @property
    def is_counted(self) -> bool: ...

    @property
    def default_params(self) -> Params: ...

    def init(self, population: Population, params: Params) -> Inherited: ...

    def vary(
        self,
        keys: VariationKeys,
        mothers: Inherited,
        fathers: Inherited,
        is_child: Bool[Array, " population"],
        params: Params,
    ) -> Inherited: ...


@runtime_checkable
class PartwiseProblem(LearningProblem, Protocol):
    """One whose `play` gives a member the same whoever plays beside it.

    No more than `max_members_at_once` are decoded and played at a time; None: all.
    """

    @property
    def max_members_at_once(self) -> int | None: ...


@runtime_checkable
class PlayableProblem(Problem, Protocol):
    """A problem that learns what weights need to be played, or may do so.

    Such as a normalisation of observations: `solution` puts it and weights together,
    and the network `player` plays that.
    """

    @property
    def player(self) -> Network: ...

    def solution(self, weights: Weights, state: State) -> Weights: ...


@runtime_checkable
class Strategy(Protocol):
    """How the next population is made. `ask` and `tell` have evosax's call shape.

    One with `uses_gradient` is told the gradient of each member's fitness, with the
    population's structure and shapes.
    """

    @property
    def population_size(self) -> int: ...

    @property
    def uses_gradient(self) -> bool: ...

    @property
    def default_params(self) -> Params: ...

    def init(self, key: Key, sample: Sample, params: Params | None = None) -> State: ...

    def ask(
        self, key: Key, state: State, params: Params | None = None
    ) -> tuple[Population, State]: ...

    def tell(
        self,
        key: Key,
        population: Population,
        fitness: FitnessLike,
        state: State,
        params: Params | None = None,
        *,
        gradient: Population | None = None,
    ) -> tuple[State, Metrics]: ...

    def best(self, state: State) -> Genotype: ...


@runtime_checkable
class ShardedStrategy(Strategy, Protocol):
    """A strategy of which each device of a mesh makes, keeps and tells its own members.

    `member_fields` names the fields of its state whose leaves all have the member axis;
    with none, every device makes the whole population, as with any other strategy.
    """

    @property
    def member_fields(self) -> tuple[str, ...]: ...


@runtime_checkable
class ChecksParams(Protocol):
    """A variation, strategy or system that says early which params it refuses.

    `train` asks before anything is compiled. Numbers that are traced have no value yet,
    and pass.
    """

    def check_params(self, params: Params) -> None:
        """Raise a ValueError that names the number, its value and what it may be."""
        ...


@runtime_checkable
class System(Protocol):
    """A whole method: `step` makes one generation. `train` runs it.

    Its state is a `NamedTuple` whose `generation`, an int32, counts those done. One
    with `jittable=False` does part of its step on the host.
    """

    @property
    def jittable(self) -> bool: ...

    def init(self, key: Key, params: Params | None = None) -> Any: ...

    def step(self, key: Key, state: Any) -> tuple[Any, Metrics]: ...
