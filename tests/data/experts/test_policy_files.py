import numpy as np
import pytest
from safetensors.numpy import save

from neurojax.data.experts.policy import load_policy, save_policy
from neurojax.networks.initializers import Layer
from neurojax.storage.damaged import DamagedFileError


@pytest.fixture
def policy():
    draw = np.random.default_rng(0).normal
    sizes = (3, 5, 2)
    return tuple(
        Layer(draw(size=(i, o)).astype("f4"), draw(size=o).astype("f4"))
        for i, o in zip(sizes, sizes[1:], strict=False)
    )


def assert_same(policy, other):
    for layer, found in zip(policy, other, strict=True):
        np.testing.assert_array_equal(layer.kernel, found.kernel)
        np.testing.assert_array_equal(layer.bias, found.bias)


def test_a_policy_is_read_as_it_was_saved(policy, tmp_path):
    save_policy(policy, tmp_path / "p.safetensors", {"seed": "7"})
    found, metadata = load_policy(tmp_path / "p.safetensors")
    assert_same(policy, found)
    assert metadata == {"seed": "7"}


def test_files_of_older_versions_are_read(policy, tmp_path):
    arrays = {
        f"layers.{index}.{name}": array
        for index, layer in enumerate(policy)
        for name, array in layer._asdict().items()
    }
    (tmp_path / "old.safetensors").write_bytes(save(arrays, {"seed": "7"}))
    found, metadata = load_policy(tmp_path / "old.safetensors")
    assert_same(policy, found)
    assert metadata == {"seed": "7"}


def test_no_damage_is_read_as_another_policy(policy, tmp_path):
    path = tmp_path / "p.safetensors"
    save_policy(policy, path, {"seed": "7"})
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(DamagedFileError, match="p.safetensors is not.*train it"):
            load_policy(path)
        refused += 1
    assert refused > 500


KERNEL, BIAS = np.zeros((3, 2), "f4"), np.zeros(2, "f4")
ODD = {
    "none": {},
    "no bias": {"layers.0.kernel": KERNEL},
    "another name": {"layers.0.kernel": KERNEL, "bias": BIAS},
    "another type": {"layers.0.kernel": KERNEL, "layers.0.bias": np.zeros(2)},
    "another size": {"layers.0.kernel": KERNEL, "layers.0.bias": np.zeros(3, "f4")},
    "no matrix": {"layers.0.kernel": BIAS, "layers.0.bias": BIAS},
    "layers apart": {
        "layers.0.kernel": KERNEL,
        "layers.0.bias": BIAS,
        "layers.1.kernel": KERNEL,
        "layers.1.bias": BIAS,
    },
}


@pytest.mark.parametrize("arrays", ODD.values(), ids=ODD)
def test_what_is_no_policy_is_refused(tmp_path, arrays):
    (tmp_path / "odd.safetensors").write_bytes(save(arrays))
    with pytest.raises(DamagedFileError, match="odd.safetensors is not a policy file"):
        load_policy(tmp_path / "odd.safetensors")


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"not a policy")
    with pytest.raises(ValueError, match="bad.safetensors is not a.*experts.train"):
        load_policy(tmp_path / "bad.safetensors")
