import errno
import os
import resource

import pytest

from neurojax.storage.atomic import write_atomically


def test_the_file_holds_the_bytes_and_nothing_lies_beside_it(tmp_path):
    path = tmp_path / "new" / "a.json"
    for data in (b"first", b"", b"second"):
        write_atomically(path, data)
        assert path.read_bytes() == data
    assert os.listdir(path.parent) == ["a.json"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_write_that_the_system_cuts_short_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    write_atomically(path, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(
            OSError, match=r"could not write 50000 .*free space.*a\.json"
        ) as caught:
            write_atomically(path, bytes(50_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.errno == errno.EFBIG
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_no_litter_after_an_error(tmp_path, monkeypatch, error, function):
    def fail(*args):
        raise error

    path = tmp_path / "a.json"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, function, fail)
    with pytest.raises(type(error)):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.json"]


def test_data_are_on_disk_before_the_name_and_the_name_before_the_return(
    tmp_path, monkeypatch
):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os,
            name,
            lambda *a, real=real, name=name: calls.append(name) or real(*a),
        )
    write_atomically(tmp_path / "a", b"data")
    assert calls == ["fsync", "replace", "fsync"]


def test_a_folder_that_cannot_be_made_names_the_file_and_the_remedy(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OSError, match=r"Not a directory.*another place.*new.a\.json"):
        write_atomically(tmp_path / "file" / "new" / "a.json", b"data")
    assert (tmp_path / "file").read_bytes() == b"old"
