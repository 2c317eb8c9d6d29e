"""Human play: record it, show it again, check, describe, import and export it."""

import sys
import warnings
from collections.abc import Sequence
from itertools import pairwise

from neurojax.storage.failures import in_words

__all__ = ["main"]

PATHS = ("--file", "--folder", "--out")
EXTRA = "pip install 'neurojax[collect]'"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name.

    Raises:
        SystemExit: with a message, if the command cannot do what it was asked for.
    """
    try:
        _run(arguments)
    except ModuleNotFoundError as error:
        raise SystemExit(f"{error}: {EXTRA}") from None
    except (ValueError, OSError, ImportError) as error:
        raise SystemExit(in_words(error)) from None
    except KeyboardInterrupt:
        print("\nInterrupted; what was written before is whole.", file=sys.stderr)
        raise SystemExit(130) from None


def _run(arguments: Sequence[str] | None) -> None:
    # Imported here, so that a library that is missing is told with its remedy.
    import tyro

    from collect.analyse import Analyse
    from collect.export import Export
    from collect.imports import Import
    from collect.record import Record
    from collect.replay import Replay
    from collect.verify import Verify

    _refuse_empty_paths(sys.argv[1:] if arguments is None else arguments)
    command = tyro.extras.subcommand_cli_from_dict(
        {
            "record": Record,
            "replay": Replay,
            "verify": Verify,
            "analyse": Analyse,
            "import": Import,
            "export": Export,
        },
        prog="python -m collect",
        description=__doc__,
        args=arguments,
    )
    command.run()


def _refuse_empty_paths(words: Sequence[str]) -> None:
    """Refuse `--out ""`, which would be the folder that we are in."""
    for option, value in pairwise([*words, None]):
        name, equals, given = str(option).partition("=")
        if name in PATHS and (given if equals else value) == "":
            raise ValueError(f"{name} is empty; name a file or folder.")


if __name__ == "__main__":
    # In words alone: the line of our code that warns tells a user nothing.
    warnings.formatwarning = lambda message, *_, **__: f"{message}\n"
    main()
