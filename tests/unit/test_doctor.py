"""The doctor notices bad neighbours, says what to do, and ends with 1 when something must be done."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from gridmap.cli import main
from gridmap.errors import Unavailable
from gridmap.services.doctor import machine
from gridmap.services.doctor.examination import examine
from gridmap.settings import Settings
from gridmap.storage.embedded import EmbeddedCluster, mounts

NOW = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)


def mounted(tmp_path: Path, kind: str) -> Path:
    """A table of mounts in which a folder is of a kind."""
    place = str(tmp_path).replace(" ", "\\040")
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        f"40 22 0:50 / {place} rw shared:2 - {kind} server:/export rw\n"
    )
    return table


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_home_on_another_machine_s_disk_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(mounts, "TABLE", mounted(tmp_path, kind))
    with pytest.raises(Unavailable) as refused:
        EmbeddedCluster(tmp_path / "home" / "database").start()
    assert refused.value.code == "database-on-network"
    assert kind in refused.value.en
    assert not (tmp_path / "home").exists()
    found = machine.check_folder(Settings(home=tmp_path / "home"))
    assert (found.state, kind in found.zh, "GRIDMAP_HOME" in found.en) == ("bad", True, True)


def test_a_disk_of_this_machine_is_none_of_another(tmp_path: Path) -> None:
    assert mounts.filesystem_of(tmp_path / "home", mounted(tmp_path, "xfs")) == "xfs"
    assert mounts.filesystem_of(Path("/srv"), mounted(tmp_path, "nfs4")) == "ext4"
    assert mounts.filesystem_of(tmp_path, tmp_path / "no table") == ""


def test_a_port_of_another_program_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        found = machine.check_port(Settings(home=tmp_path, port=other.getsockname()[1]))
    assert found.state == "bad"
    assert "GRIDMAP_PORT" in found.zh
    assert machine.check_port(Settings(home=tmp_path, port=0)).state == "good"


def test_a_clock_that_cannot_be_right_and_one_without_a_zone_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path)
    assert machine.check_clock(settings, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).state == "bad"
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(machine, "LOCALTIME", tmp_path / "localtime")
    assert machine.check_clock(settings, NOW).state == "note"
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    assert machine.check_clock(settings, NOW).state == "good"


def test_little_shared_memory_a_terminal_without_chinese_and_no_fonts_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "SHM", tmp_path / "shm")
    assert "--shm-size" in machine.check_shared_memory().zh
    monkeypatch.setattr(machine.locale, "getpreferredencoding", lambda do_setlocale: "ANSI_X3.4-1968")  # type: ignore[attr-defined]
    assert "LC_ALL" in machine.check_locale().zh
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "fonts-noto-cjk" in machine.check_fonts().zh


def test_an_account_without_a_home_or_a_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    here = pwd.getpwuid(os.geteuid())
    homeless = pwd.struct_passwd((*here[:5], str(tmp_path / "nowhere"), here[6]))
    monkeypatch.delenv("GRIDMAP_HOME", raising=False)
    monkeypatch.setattr(machine.pwd, "getpwuid", lambda _uid: homeless)  # type: ignore[attr-defined]
    assert "GRIDMAP_HOME" in machine.check_account().zh

    def nobody(_uid: int) -> object:
        raise KeyError

    monkeypatch.setattr(machine.pwd, "getpwuid", nobody)  # type: ignore[attr-defined]
    assert machine.check_account().state == "bad"


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o000])
def test_the_umask_is_told_and_left_as_it_was(mask: int) -> None:
    before = os.umask(mask)
    try:
        assert f"umask {mask:03o}" in machine.check_account().zh
        assert os.umask(mask) == mask
    finally:
        os.umask(before)


def test_a_folder_that_anybody_may_write_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o777)
    assert "chmod o-w" in machine.check_folder(Settings(home=tmp_path / "home")).zh


def test_an_empty_machine_is_examined_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    found = {one.name: one for one in examine(Settings(home=home, port=0), NOW)}
    assert found["database"].state == "note"
    assert found["folder"].state == "note"
    assert (found["backups"].state, "gridmap db backup" in found["backups"].en) == ("bad", True)
    assert not home.exists()
    done = CliRunner().invoke(
        main, ["doctor", "--json"], env={"GRIDMAP_HOME": str(home), "GRIDMAP_PORT": "0"}
    )
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert {one["name"] for one in told} == set(found)
    assert all(one["zh"] and one["en"] and one["state"] in {"good", "note", "bad"} for one in told)
    assert not home.exists()
