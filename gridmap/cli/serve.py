"""``gridmap serve``: the map."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import logging
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask

from gridmap.cli.common import console, errors, progress, workspace
from gridmap.cli.jobs.queue import WORK_COMMAND
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.errors import Busy, Conflict, Forbidden, GridmapError, Unavailable
from gridmap.services.accounts import entry
from gridmap.services.accounts.desk import list_posts
from gridmap.services.accounts.passwords import share_room
from gridmap.services.backups.schedule import BackupKeeper
from gridmap.services.cases.kept_counts import keep_counts
from gridmap.services.cases.openings import open_those_without
from gridmap.services.demo import is_wanted, load_town
from gridmap.services.hotspots.standing import make_due as make_weeks
from gridmap.services.house import INCOMING, JOB_KINDS
from gridmap.services.imports import incoming
from gridmap.services.imports.incoming import IncomingRequest
from gridmap.services.jobs.desk import submit
from gridmap.services.jobs.pool import WorkerPool
from gridmap.services.patrols.follow.prune import prune_positions
from gridmap.services.reports.schedules import make_due
from gridmap.services.workspace import served
from gridmap.settings import LOOPBACK, Settings, load_settings
from gridmap.storage.database import Database
from gridmap.storage.embedded.config import memory_mib
from web.app import create_app
from web.assets import vendor_folder
from web.crew import Crew
from web.server import Server
from web.tls import context_of
from web.together import Together

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 5
_PRUNE_EVERY_S = 6 * 3600
_INCOMING_EVERY_S = 60
_FOLD_EVERY_S = 60
_BACKLOG = 1024
_MEMORY_OF_EACH_MIB = 2048
"""Of the machine's memory for each process: it holds some hundreds, and the database works for each."""
_MOST_BY_ITSELF = 4
"""Beyond these the database is the bound; a setting takes more."""


@click.command("serve")
@click.option("--host", help="地址 / address; 默认 / default GRIDMAP_HOST, 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="端口 / port; 默认 / default GRIDMAP_PORT, 8010.")
@click.option(
    "--demo-if-empty", is_flag=True, help="空工作区先载入示范镇 / load the demonstration town if empty."
)
@click.option(
    "--tls",
    type=(click.Path(dir_okay=False, path_type=Path), click.Path(dir_okay=False, path_type=Path)),
    metavar="CERT KEY",
    help="证书与私钥 / certificate and key (PEM): https.",
)
def command(
    *, host: str | None, port: int | None, demo_if_empty: bool, tls: tuple[Path, Path] | None
) -> None:
    """启动地图服务 / serve the map."""
    settings = load_settings()
    address = _bindable(host or settings.host, safe=tls is not None or settings.proxy is not None)
    context = None if tls is None else context_of(*tls)
    listener = _listen(address, settings.port if port is None else port)
    with listener, workspace() as database:
        if address not in LOOPBACK:
            _require_accounts(database)
        if demo_if_empty and is_wanted(database):
            errors.print("正在载入示范镇 / loading the demonstration town …")
            try:
                with progress() as on_progress:
                    load_town(
                        database, on_progress=lambda _file, done, total: on_progress("copy", done, total)
                    )
            except Conflict:
                # Another server was quicker: the town is there.
                if is_wanted(database):
                    raise
        listener.listen(_BACKLOG)
        at = _address_of(listener, scheme="http" if context is None else "https")
        with served.telling(settings.home, at):
            _tell(database, at)
            count = settings.processes or processes_of_machine()
            if count == 1:
                with _looking_after(database, settings):
                    _answer(_application(database, listener, Together()), database, listener, context)
            else:
                _serve_by_several(count, database, listener, context)


def processes_of_machine() -> int:
    """Return how many processes answer requests where nobody says it: one for two processors, as memory allows."""
    # The database takes nearly as much of a processor for an answer as the server: two of each fill four processors.
    pairs = (len(os.sched_getaffinity(0)) + 1) // 2
    return max(1, min(pairs, memory_mib() // _MEMORY_OF_EACH_MIB, _MOST_BY_ITSELF))


@contextmanager
def _looking_after(database: Database, settings: Settings) -> Iterator[None]:
    """Have everything that is done once, however many processes answer."""
    pool = WorkerPool(database, JOB_KINDS, WORK_COMMAND, settings.workers)
    with _caretaking(database), pool.running():
        yield


def _serve_by_several(
    count: int, database: Database, listener: socket.socket, tls: ssl.SSLContext | None
) -> None:
    """Answer in several processes at one listening socket, and look after everything else in one more."""
    with tempfile.TemporaryDirectory(prefix="gridmap-numbers-") as numbers:
        together = Together(count, numbers)
        application = _application(database, listener, together)

        def answer(number: int) -> Callable[[], None]:
            def work() -> None:
                together.become(number)
                database.become_one_of(count)
                share_room(count)
                _answer(application, database, listener, tls)

            return work

        def look_after() -> None:
            together.become(count)
            database.become_one_of(count)
            listener.close()
            try:
                with _looking_after(database, database.settings):
                    threading.Event().wait()
            finally:
                database.close()

        # Connections are nobody's to share.
        database.engine.dispose()
        # What nobody changes any more is looked through for garbage by none of them, and so stays shared.
        gc.collect()
        gc.freeze()
        Crew([*((f"server {n + 1}", answer(n)) for n in range(count)), ("caretaker", look_after)]).run()


@contextmanager
def _caretaking(database: Database) -> Iterator[None]:
    """Look after the database meanwhile: a server may run for months."""
    over = threading.Event()
    threads = [
        threading.Thread(target=work, args=(database, over), name=name, daemon=True)
        for name, work in (("caretaker", _take_care), ("backups", _back_up))
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=30)


def _back_up(database: Database, over: threading.Event) -> None:
    """Make the daily backup, and bring the log to it meanwhile; see `BackupKeeper`."""
    keeper = BackupKeeper(database)
    while not over.wait(_LOOK_EVERY_S):
        try:
            keeper.look(dt.datetime.now(dt.UTC), time.monotonic())
        except OSError:
            # A disk that went away comes back, and then there is a backup again.
            log.exception("no backup")


def _take_care(database: Database, over: threading.Event) -> None:
    """Start a database that died again, fold counts, delete old positions, import files, make reports."""
    next_pruning = next_incoming = next_folding = 0.0
    all_opened = False
    while not over.is_set():
        try:
            if not database.is_answering():
                log.warning("the database does not answer; starting it again")
                database.revive()
            if not all_opened:
                # What an earlier program brought in; this one gives it with the import.
                open_those_without(database)
                all_opened = True
            if time.monotonic() >= next_pruning:
                prune_positions(database, dt.datetime.now(dt.UTC))
                next_pruning = time.monotonic() + _PRUNE_EVERY_S
            if time.monotonic() >= next_folding:
                keep_counts(database)
                next_folding = time.monotonic() + _FOLD_EVERY_S
            if time.monotonic() >= next_incoming:
                next_incoming = time.monotonic() + _INCOMING_EVERY_S
                _take_incoming(database)
                make_due(database, assets=vendor_folder)
                make_weeks(database)
        except GridmapError as error:
            log.warning("the database was not looked after: %s", error.code)
        over.wait(_LOOK_EVERY_S)


def _take_incoming(database: Database) -> None:
    """Have what other desks dropped into the incoming folder imported, unless that is being done."""
    if incoming.waiting(database, automatic=True):
        with contextlib.suppress(Unavailable, Busy):
            submit(database, Scope.whole(), INCOMING, IncomingRequest(automatic=True))


def _bindable(host: str, *, safe: bool) -> str:
    """Refuse an address beyond this machine where passwords would travel in the clear."""
    if host not in LOOPBACK and not safe:
        raise Forbidden(
            "loopback-only",
            f"不能绑定到 {host}：口令会以明文经过网络。请加 --tls CERT KEY，或设置 GRIDMAP_PROXY 并由代理提供 https。",
            f"Not bound to {host}: passwords would cross the network in the clear. Use --tls CERT KEY, or a proxy that "
            "speaks https, named in GRIDMAP_PROXY.",
        )
    return "127.0.0.1" if host == "localhost" else host


def _require_accounts(database: Database) -> None:
    """Refuse to serve a network before anybody has a password, and while anybody may try any post."""
    posts = list_posts(database, Actor.at_the_machine())
    settings = database.settings
    by_others = settings.sign_on_header is not None or settings.oidc_issuer is not None
    if not any((post.has_password or by_others) and not post.is_locked for post in posts):
        raise Forbidden(
            "accounts-first",
            "还没有设置密码的岗位。请先在本机启动，用一次性地址登录并设置密码，再对外提供服务。",
            "No post has a password yet. Serve this machine first, sign in by the printed address and set one.",
        )
    if any(post.is_demonstration and not post.is_locked for post in posts):
        raise Forbidden(
            "demonstration-is-open",
            "示范镇的岗位任何登录者都可切换，不能对外提供服务。请停用这些岗位，或用另一个 GRIDMAP_HOME。",
            "Anybody signed in may try the demonstration's posts: it is not served to a network. Lock those posts, or "
            "use another GRIDMAP_HOME.",
        )


def _listen(host: str, port: int) -> socket.socket:
    """Take the port first: a port in use is told before anything slow begins."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise Unavailable(
            "port-in-use",
            f"端口 {port} 已被占用。请换一个：GRIDMAP_PORT=8011 bash scripts/run.sh",
            f"Port {port} is in use. Choose another: GRIDMAP_PORT=8011 bash scripts/run.sh",
        ) from None
    return listener


def _address_of(listener: socket.socket, *, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}/"


def _tell(database: Database, address: str) -> None:
    """Print where the map is, and the link that opens it once."""
    link = entry.first_link(database)
    console.print(
        f"已就绪，打开即以管理员登录（仅一次）/ ready; opens as administrator, once: {address}enter/{link}",
        highlight=False,
    )
    console.print(f"以后的地址 / the address from then on: {address}", highlight=False)
    console.print("按 Ctrl-C 停止 / press Ctrl-C to stop.", highlight=False)


def _application(database: Database, listener: socket.socket, together: Together) -> Flask:
    return create_app(database, names=(listener.getsockname()[0],), together=together)


def _answer(
    application: Flask, database: Database, listener: socket.socket, tls: ssl.SSLContext | None
) -> None:
    """Answer requests until SIGTERM or Ctrl-C."""
    server = Server(application, listener, database.threads, tls=tls, proxy=database.settings.proxy)
    try:
        server.run()
    finally:
        server.close()
