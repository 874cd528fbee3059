"""The embedded run's own files."""

from __future__ import annotations

import os
import secrets
import stat
import threading

import pytest

from config.run.embedded import private_file


def test_it_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "key"
    assert private_file(path, "first") == "first"
    assert private_file(path, "second") == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["key"]


def test_killed_while_writing_leaves_nothing_half_done(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(descriptor):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        with pytest.raises(Killed):
            private_file(tmp_path / "key", "first")
    assert not (tmp_path / "key").exists()
    assert private_file(tmp_path / "key", "second") == "second"


def test_all_who_make_it_at_once_get_the_same(tmp_path):
    found, start = [], threading.Barrier(8)

    def make() -> None:
        start.wait()
        found.append(private_file(tmp_path / "key", secrets.token_hex(8)))

    threads = [threading.Thread(target=make) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_without_links_it_works_too(tmp_path, monkeypatch):
    def refuse(source, target):
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    assert private_file(tmp_path / "key", "first") == "first"
    assert os.listdir(tmp_path) == ["key"]
