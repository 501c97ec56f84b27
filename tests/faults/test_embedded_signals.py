"""An interrupt waits until what must finish has finished."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gridmap.errors import Unavailable
from gridmap.storage.embedded.account import ServerAccount
from gridmap.storage.embedded.launch import run_server_program
from gridmap.storage.embedded.signals import interrupts_wait

pytestmark = pytest.mark.faults


def test_the_first_interrupt_waits_for_the_end_of_the_block() -> None:
    done: list[str] = []

    def work() -> None:
        with interrupts_wait():
            signal.raise_signal(signal.SIGINT)
            done.append("first")
        done.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["first"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_is_let_through_at_once() -> None:
    done: list[str] = []

    def work() -> None:
        with interrupts_wait():
            signal.raise_signal(signal.SIGINT)
            done.append("first")
            signal.raise_signal(signal.SIGINT)
            done.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["first"]


def test_a_server_program_finishes_before_an_interrupt_is_felt(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    account = ServerAccount("oneself", os.geteuid(), os.getegid())
    argv = ["sh", "-c", "kill -INT $PPID; sleep 0.3; echo finished"]
    with pytest.raises(KeyboardInterrupt):
        run_server_program(argv, account, tmp_path, log, timeout_s=60)
    assert log.read_text("utf-8") == "finished\n"


def test_a_server_program_that_hangs_is_ended_and_its_log_named(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    account = ServerAccount("oneself", os.geteuid(), os.getegid())
    with pytest.raises(Unavailable) as caught:
        run_server_program(["sleep", "1000"], account, tmp_path, log, timeout_s=0.1)
    assert caught.value.code == "database-program-failed"
    assert str(log) in caught.value.en
