from .actions import choose_action as choose_action
from .episode import Step as Step
from .experience import Lockstep as Lockstep
from .experience import collect as collect
from .experience import start_lockstep as start_lockstep
from .single import EpisodeReturn as EpisodeReturn
from .single import episode_return as episode_return
from .single import rollout as rollout
