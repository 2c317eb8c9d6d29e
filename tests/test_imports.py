"""`import neurojax` costs next to nothing; libraries are loaded where they are used."""

import subprocess
import sys

import neurojax

# Each is imported where it is used.
HEAVY = {
    "ale_py",
    "brax",
    "datasets",
    "evosax",
    "gymnasium",
    "gymnax",
    "imageio",
    "jaxopt",
    "matplotlib",
    "mujoco",
    "orbax",
    "pandas",
    "pyarrow",
    "pygame",
    "ray",
    "scipy",
    "sklearn",
    "tensorboardX",
    "torch",
    "wandb",
}


def loaded_by(statement):
    code = f"{statement}\nimport sys; print(*sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in result.stdout.split()}


def test_importing_neurojax_loads_what_jax_loads_and_no_more():
    extra = loaded_by("import neurojax") - loaded_by("import jax")
    assert extra == {"neurojax", "lazy_loader"}


def test_using_its_names_loads_no_optional_library():
    use = (
        "import neurojax\n"
        "for name in neurojax.__all__:\n"
        "    part = getattr(neurojax, name)\n"
        "    [getattr(part, inner) for inner in getattr(part, '__all__', ())]\n"
    )
    assert not loaded_by(use) & HEAVY, "import it inside the function that needs it"


def test_every_name_in_all_is_there():
    for name in neurojax.__all__:
        package = getattr(neurojax, name)
        for inner in getattr(package, "__all__", ()):
            assert hasattr(package, inner), f"{name}.{inner}"


def test_importing_starts_no_device():
    # A program may still choose its devices, and fork, after the import.
    code = (
        "import neurojax; from jax._src import xla_bridge; "
        "raise SystemExit(bool(xla_bridge._backends))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
