"""The house rules that can be read from the source."""

import ast
import graphlib
import importlib
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "neurojax"
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = ("neurojax", "collect", "benchmarks")
# Imports go upwards only: from a later line to an earlier one, or within a line.
ORDER = [
    {"types", "names", "storage"},
    {"tree", "keys", "noise", "checks"},
    {"ranking", "metrics"},
    {"networks", "environments", "parallel"},
    {"encodings", "rollouts"},
    {"strategies", "rl"},
    {"data", "problems"},
    {"render", "systems"},
    {"training"},
    {"testing"},
]
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}


def imports(path):
    """Modules a file imports, with the line of each."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            if node.module == "neurojax":
                for alias in node.names:
                    yield f"neurojax.{alias.name}", node.lineno


def part(path):
    """The sub-package or module of neurojax that a file belongs to."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def test_every_part_has_its_place_in_the_order():
    parts = {part(path) for path in FILES} - {"__init__"}
    assert parts <= set(LEVEL), "add it to ORDER in tests/test_architecture.py"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path):
    here = part(path)
    if here == "__init__":
        return
    for module, line in imports(path):
        names = module.split(".")
        if names[0] in ("benchmarks", "collect", "tests"):
            raise AssertionError(f"{path}:{line} imports {module}")
        if names[0] != "neurojax" or len(names) < 2:
            continue
        there = names[1]
        assert LEVEL[there] <= LEVEL[here], (
            f"{path}:{line}: {here} must not import {there}"
        )


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_pickle_and_no_file_above_400_lines(path):
    modules = {module.partition(".")[0] for module, _ in imports(path)}
    assert not modules & {"pickle", "cloudpickle", "dill", "shelve", "marshal"}
    assert len(path.read_text().splitlines()) <= 400


def modules():
    """Every module of the trees by its dotted name; a package by its `__init__`."""
    found = {}
    for path in sorted(path for tree in TREES for path in (ROOT / tree).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def taken(module):
    """Source and name of each `from SOURCE import NAME`, with those loaded lazily."""
    lazy = MODULES[module].with_suffix(".pyi")  # of a package
    for path in [MODULES[module], *([lazy] if lazy.exists() else [])]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                source = ".".join(filter(None, [module * node.level, node.module]))
                yield from ((source, alias.name) for alias in node.names)


def used(module):
    """The modules that one imports, or from which it takes a name."""
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & MODULES.keys()
    for source, name in taken(module):
        whole = f"{source}.{name}"
        yield from {whole if whole in MODULES else source} & MODULES.keys()


def test_no_file_imports_itself_by_way_of_others():
    # Imports inside functions and under TYPE_CHECKING count, and those of a package.
    graph = {module: set(used(module)) - {module} for module in MODULES}
    list(graphlib.TopologicalSorter(graph).static_order())  # CycleError names it


FOLDERS = sorted({path.parent.relative_to(ROOT) for path in MODULES.values()})


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_three_files_with_one_first_word_are_a_folder(folder):
    words = Counter(
        path.stem.strip("_").partition("_")[0] for path in (ROOT / folder).glob("*.py")
    )
    assert max(words.values()) <= 2, words.most_common(1)


def public(module):
    """The names in a module's `__all__`; of a package, those that it loads lazily."""
    if MODULES[module].with_suffix(".pyi").exists():
        return {name for _, name in taken(module)}
    for node in ast.parse(MODULES[module].read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


@pytest.mark.parametrize("module", [m for m in MODULES if not m.startswith("neurojax")])
def test_what_stands_on_neurojax_takes_names_of_all(module):
    for source, name in taken(module):
        if source.startswith("neurojax") and f"{source}.{name}" not in MODULES:
            assert name in public(source), f"{source} has no {name} in its __all__"
            assert "._" not in source, source


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_use_names_of_all(path):
    cells = json.loads(path.read_text())["cells"]
    code = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    assert "from neurojax" not in code
    names = set(re.findall(r"\bnj\.([a-z_]+)\.(\w+)", code))
    assert names
    for package, name in names:
        assert name in public(f"neurojax.{package}"), f"nj.{package}.{name}"


@pytest.mark.parametrize("room", ["rollouts", "problems"])
def test_ways_to_play_and_problems_know_no_world(room):
    for path in sorted((PACKAGE / room).rglob("*.py")):
        for module, line in imports(path):
            assert not module.startswith("neurojax.environments"), f"{path}:{line}"


def test_environments_know_words_alone():
    words = {"environments", "checks", "names", "types"}
    for path in sorted((PACKAGE / "environments").rglob("*.py")):
        for module, line in imports(path):
            if module.startswith("neurojax."):
                assert module.split(".")[1] in words, f"{path}:{line}"


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_a_folder_of_modules_is_a_package(folder):
    assert (ROOT / folder / "__init__.py").exists()


BENCHMARKS = ROOT / "benchmarks"
STUDIES = sorted(path.parent.name for path in BENCHMARKS.glob("*/args.py"))
OF_A_STUDY = ["__init__.py", "__main__.py", "args.py", "study.py", "report.py"]
KNOWN = {"continual": {"benchmarks.imitation.methods"}}  # the one exception


def belongs(module, room):
    """Whether a module is that package of benchmarks, or in it."""
    return f"{module}.".startswith(f"benchmarks.{room}.")


def test_benchmarks_holds_studies_and_what_they_share():
    packages = {path.parent.name for path in BENCHMARKS.glob("*/__init__.py")}
    assert packages == {*STUDIES, "shared", "peers"}
    assert {path.name for path in BENCHMARKS.glob("*.py")} == set(OF_A_STUDY[:2])


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_has_its_files_and_says_what_it_leaves(study):
    assert {path.name for path in (BENCHMARKS / study).iterdir()} >= {
        *OF_A_STUDY,
        "README.md",
    }
    package = importlib.import_module(f"benchmarks.{study}")
    assert package.__doc__ and package.MINUTES > 0 and "." in package.FIGURE


@pytest.mark.parametrize("room", [*STUDIES, "shared", "peers"])
def test_a_study_knows_no_other(room):
    others = [study for study in STUDIES if study != room]
    for module in MODULES:
        if belongs(module, room):
            for target in set(used(module)) - KNOWN.get(room, set()):
                assert not any(belongs(target, other) for other in others), module


def test_what_is_shared_serves_two_studies():
    shared = {module for module in MODULES if belongs(module, "shared")}
    users = {module: set() for module in shared}
    for study in STUDIES:
        found = {module for module in MODULES if belongs(module, study)}
        while found:
            found = {m for module in found for m in used(module)} & shared
            found = {module for module in found if study not in users[module]}
            for module in found:
                users[module].add(study)
    few = {module for module in shared if len(users[module]) < 2}
    assert few <= {"benchmarks.shared"}


def test_help_answers_without_loading_jax():
    code = (
        "import runpy, sys\n"
        "for study in sys.argv[1:]:\n"
        "    sys.argv = [study, '--help']\n"
        "    try: runpy.run_module(f'benchmarks.{study}', run_name='__main__')\n"
        "    except SystemExit: pass\n"
        "    assert 'jax' not in sys.modules, study\n"
    )
    command = [sys.executable, "-c", code, *STUDIES]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("--smoke") >= len(STUDIES)
