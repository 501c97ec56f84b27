"""A program that uses an embedded cluster, told what to do line by line.

Run as ``cluster_program.py BASE [options]``. It answers with one JSON object a line: every step while it
starts, then ``{"event": "ready", ...}``; afterwards it obeys ``query SQL``, ``loop``, ``fork``, ``status``
and ``stop``. It ends when its input does.
"""

from __future__ import annotations

import argparse
import encodings.idna  # noqa: F401
import json
import os
import pwd
import sys
import threading
from pathlib import Path

import psycopg
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

from gridmap.errors import GridmapError
from gridmap.storage.embedded import EmbeddedCluster, Step


def say(**fields: object) -> None:
    print(json.dumps(fields), flush=True)


def become(name: str) -> None:
    """Give up root for good; after the imports, for the interpreter may lie where the account cannot read."""
    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)


def connect(cluster: EmbeddedCluster, role: str = "gridmap") -> psycopg.Connection[tuple[object, ...]]:
    socket_dir = str(cluster.status().socket_dir)
    return psycopg.connect(host=socket_dir, user=role, dbname="gridmap", autocommit=True)


def obey(cluster: EmbeddedCluster, order: str, rest: str) -> None:
    if order == "query":
        with connect(cluster) as connection:
            cursor = connection.execute(rest.encode())
            say(event="rows", rows=cursor.fetchall() if cursor.description else [])
    elif order == "loop":
        connection = connect(cluster)
        pid = connection.info.backend_pid
        threading.Thread(target=spin, args=(connection,), daemon=True).start()
        say(event="looping", pid=pid)
    elif order == "fork":
        child = os.fork()
        if child == 0:
            if rest == "exit":
                sys.exit(0)
            threading.Event().wait()
        if rest == "exit":
            os.waitpid(child, 0)
        say(event="forked", pid=child)
    elif order == "status":
        found = cluster.status()
        say(event="status", state=found.state, pid=found.pid, users=found.users, detached=found.detached)
    elif order == "stop":
        say(event="stopped", last=cluster.stop())


def spin(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    try:
        connection.execute("do $$ begin loop end loop; end $$")
    except psycopg.Error:
        return


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("base", type=Path)
    parser.add_argument("--account")
    parser.add_argument("--fallback", type=Path, default=Path("/var/lib/gridmap"))
    parser.add_argument("--bindir", type=Path)
    parser.add_argument("--detached", action="store_true")
    options = parser.parse_args()
    if options.account:
        become(options.account)

    def on_progress(step: Step) -> None:
        say(event="step", code=step.code)

    cluster = EmbeddedCluster(
        options.base, on_progress=on_progress, bindir=options.bindir, fallback_root=options.fallback
    )
    try:
        cluster.start(detached=options.detached)
    except GridmapError as error:
        say(event="error", **error.as_dict())
        return 1
    found = cluster.status()
    say(
        event="ready",
        pid=found.pid,
        users=found.users,
        data=str(found.data_dir),
        socket=str(found.socket_dir),
    )
    if options.detached:
        return 0
    for line in sys.stdin:
        order, _, rest = line.strip().partition(" ")
        obey(cluster, order, rest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
