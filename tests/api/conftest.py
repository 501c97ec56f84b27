"""A client of the application over the demonstration town, and a small reader of vector tiles."""

from __future__ import annotations

import csv
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.services.house import JOB_KINDS
from gridmap.services.jobs.worker import Worker
from gridmap.storage.database import Database
from tests.conftest import PATIENCE_S
from tests.doors import client_of

Ended = Callable[[TestResponse], dict[str, Any]]
DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"


@pytest.fixture(scope="session")
def worker(demo_database: Database) -> Iterator[Worker]:
    """A worker that does the jobs of the demonstration town."""
    made = Worker(demo_database, JOB_KINDS)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield made
    made.stop()
    thread.join(PATIENCE_S)


@pytest.fixture(scope="session")
def client(demo_database: Database, worker: Worker) -> FlaskClient:
    """A client that shows an administrator's token and speaks to real PostGIS; a worker does what it asks for."""
    return client_of(demo_database)


@pytest.fixture(scope="session")
def ended(client: FlaskClient) -> Ended:
    """Wait until a job that an answer (202) tells of has ended; give the job."""

    def wait(answer: TestResponse) -> dict[str, Any]:
        assert answer.status_code == 202, answer.text
        address = answer.headers["Location"]
        assert address == f"/api/v1/jobs/{answer.get_json()['job_id']}"
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            told: dict[str, Any] = client.get(address).get_json()
            if told["state"] not in {"queued", "running"}:
                return told
            time.sleep(0.05)
        pytest.fail(f"the job never ended: {told}")

    return wait


@pytest.fixture(scope="session")
def incident_file() -> list[dict[str, str]]:
    """The incidents as the file has them."""
    with (DATA / "incidents.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Fields of a protocol buffer's message: number and value (an int, or bytes)."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
        else:
            size, at = (8, at) if kind == 1 else (4, at) if kind == 5 else _varint(data, at)
            yield number, data[at : at + size]
            at += size


def _numbers(data: bytes) -> list[int]:
    out, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        out.append(value)
    return out


def read_tile(body: bytes) -> dict[str, list[dict[str, Any]]]:
    """Layers of a Mapbox Vector Tile 2.1, each with its features' properties; ``at`` is the first vertex."""
    body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    layers: dict[str, list[dict[str, Any]]] = {}
    for number, layer in _fields(body):
        assert number == 3
        parts = list(_fields(layer))
        assert next(v for n, v in parts if n == 15) == 2
        keys = [v.decode() for n, v in parts if n == 3]
        values: list[Any] = []
        for n, v in parts:
            if n == 4:
                kind, value = next(_fields(v))
                values.append(value.decode() if kind == 1 else value)
        features = []
        for n, v in parts:
            if n == 2:
                own = dict(_fields(v))
                tags = _numbers(own.get(2, b""))
                named = {keys[a]: values[b] for a, b in zip(tags[::2], tags[1::2], strict=True)}
                drawn = _numbers(own[4])
                named["at"] = tuple((d >> 1) ^ -(d & 1) for d in drawn[1:3])
                features.append(named)
        layers[next(v for n, v in parts if n == 1).decode()] = features
    return layers
