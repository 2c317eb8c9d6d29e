"""Build the API reference from the docstrings: python docs/api.py FOLDER."""

import argparse
import importlib
import pkgutil
import typing
import warnings
from pathlib import Path

DEPTH = 2  # neurojax.strategies.simple_ga


def module_names(package_name: str) -> list[str]:
    """Names that lead pdoc to the modules of every sub-package, each once.

    pdoc walks into a package, but only as far as its `__all__` goes: no further than
    that below a sub-package.
    """
    from pdoc.extract import walk_specs

    package = importlib.import_module(package_name)
    chosen = [package_name]
    for module in pkgutil.walk_packages(package.__path__, f"{package_name}."):
        is_public = "._" not in module.name and module.name.count(".") <= DEPTH
        if is_public and module.name not in walk_specs(chosen):
            chosen.append(module.name)
    return chosen


def build(folder: Path) -> None:
    """Write one page for each module; a warning is an error."""
    # Read by jaxtyping: types print as `Float[Array, "batch"]`, not as what they are.
    typing.GENERATING_DOCUMENTATION = "neurojax"  # pyright: ignore[reportAttributeAccessIssue]
    import pdoc
    import pdoc.render

    warnings.simplefilter("error")
    # optax's OptState names a type that pdoc cannot find.
    warnings.filterwarnings("ignore", message=".*Import of ArrayTree failed")
    pdoc.render.configure(docformat="google", footer_text="neurojax")
    pdoc.pdoc(*module_names("neurojax"), output_directory=folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the pages")
    build(parser.parse_args().folder)
