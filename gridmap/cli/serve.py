"""``gridmap serve``: the map."""

from __future__ import annotations

import datetime as dt
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from gridmap.cli.common import console, errors, progress, workspace
from gridmap.cli.jobs.queue import WORK_COMMAND
from gridmap.errors import Conflict, Forbidden, GridmapError, Unavailable
from gridmap.services.accounts import entry
from gridmap.services.demo import is_wanted, load_town
from gridmap.services.house import JOB_KINDS
from gridmap.services.jobs.pool import WorkerPool
from gridmap.services.patrols.follow.prune import prune_positions
from gridmap.settings import LOOPBACK, Settings, load_settings
from gridmap.storage.database import Database
from web.app import create_app
from web.server import Server

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 5
_PRUNE_EVERY_S = 6 * 3600


@click.command("serve")
@click.option("--host", help="地址 / address; 默认 / default GRIDMAP_HOST, 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="端口 / port; 默认 / default GRIDMAP_PORT, 8010.")
@click.option(
    "--demo-if-empty", is_flag=True, help="空工作区先载入示范镇 / load the demonstration town if empty."
)
def command(*, host: str | None, port: int | None, demo_if_empty: bool) -> None:
    """启动地图服务 / serve the map."""
    settings = load_settings()
    address = _loopback(host or settings.host)
    listener = _listen(address, settings.port if port is None else port)
    with listener, workspace() as database:
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
        pool = WorkerPool(database, JOB_KINDS, WORK_COMMAND, settings.workers)
        with _caretaking(database), pool.running():
            _serve(database, listener, settings)


@contextmanager
def _caretaking(database: Database) -> Iterator[None]:
    """Look after the database meanwhile: a server may run for months."""
    over = threading.Event()
    thread = threading.Thread(target=_take_care, args=(database, over), name="caretaker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=30)


def _take_care(database: Database, over: threading.Event) -> None:
    """Start a database that died again, and delete team positions that are out of date."""
    next_pruning = 0.0
    while not over.is_set():
        try:
            if not database.is_answering():
                log.warning("the database does not answer; starting it again")
                database.revive()
            if time.monotonic() >= next_pruning:
                prune_positions(database, dt.datetime.now(dt.UTC))
                next_pruning = time.monotonic() + _PRUNE_EVERY_S
        except GridmapError as error:
            log.warning("the database was not looked after: %s", error.code)
        over.wait(_LOOK_EVERY_S)


def _loopback(host: str) -> str:
    if host not in LOOPBACK:
        raise Forbidden(
            "loopback-only",
            f"不能绑定到 {host}：目前还没有账户和权限，任何能连上的人都会看到全部数据。请使用 127.0.0.1。",
            f"Not bound to {host}: there are no accounts yet, so whoever can connect would see everything. "
            "Use 127.0.0.1.",
        )
    return "127.0.0.1" if host == "localhost" else host


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


def _serve(database: Database, listener: socket.socket, settings: Settings) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    server = Server(create_app(database), listener, settings.threads)
    link = entry.first_link(database)
    console.print(f"地图已就绪 / the map is ready: http://{shown}:{port}/", highlight=False)
    console.print(
        f"管理员一次性登录 / signs an administrator in, once: http://{shown}:{port}/enter/{link}",
        highlight=False,
    )
    console.print("按 Ctrl-C 停止 / press Ctrl-C to stop.", highlight=False)
    try:
        server.run()
    finally:
        server.close()
