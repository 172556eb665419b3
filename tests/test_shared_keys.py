"""All hosts of an installation sign with the same keys: the archive knows them, and a host with others does not start."""

import shutil

import pytest

from service.app import build
from service.errors import Problem
from service.settings import Settings
from service.signing import KeyRing, shared
from storage.archive import Archive
from storage.errors import AlreadyThere
from tests.shelf import Clock


@pytest.fixture
def archive(tmp_path, database):
    """An archive that several hosts work on."""
    opened = Archive.open(tmp_path / "data", Clock(), database)
    yield opened
    opened.close()


def test_the_first_host_makes_the_key_and_the_others_bring_it(archive, tmp_path):
    """A copy of the folder is what another host needs; it may be read-only there."""
    one, two = tmp_path / "one", tmp_path / "two"
    first = shared.ring(archive, one, Clock())
    shutil.copytree(one, two)
    (two / "lock").unlink()
    two.chmod(0o500)
    second = shared.ring(archive, two, Clock())
    two.chmod(0o700)
    assert second.published() == first.published()
    assert not (two / "lock").exists()
    with archive.read() as reading:
        assert reading.signing_keys() == first.known()


def test_a_host_without_the_keys_makes_none(archive, tmp_path):
    """It would sign what the others call forged."""
    shared.ring(archive, tmp_path / "one", Clock())
    with pytest.raises(Problem, match="keys_missing") as caught:
        shared.ring(archive, tmp_path / "two", Clock())
    assert "请把已在运行的主机的 keys 文件夹" in str(caught.value.detail)
    assert not (tmp_path / "two").exists()


def test_a_host_with_other_keys_is_refused(archive, tmp_path):
    """Its own came first on its disk, but not in the archive."""
    KeyRing.open(tmp_path / "two", Clock())
    shared.ring(archive, tmp_path / "one", Clock())
    with pytest.raises(Problem, match="keys_differ"):
        shared.ring(archive, tmp_path / "two", Clock())


def test_an_id_belongs_to_one_key(archive):
    """Whoever writes down another key under the same id is told."""
    with archive.begin() as transaction:
        transaction.add_signing_keys({1: ("Ed25519", "x")})
    with pytest.raises(AlreadyThere), archive.begin() as transaction:
        transaction.add_signing_keys({1: ("Ed25519", "y")})


def test_an_office_is_not_opened_with_other_keys(tmp_path):
    """The service says so and leaves nothing running."""
    settings = Settings(data=tmp_path / "data")
    _, close = build(settings, printing=False)
    close()
    shutil.rmtree(tmp_path / "data" / "keys")
    with pytest.raises(Problem, match="keys_missing"):
        build(settings, printing=False)
