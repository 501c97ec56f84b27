"""Numbers of the service for Prometheus, and a line in the log for each request: neither says who asked for what."""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import time
from collections.abc import Iterator
from functools import partial

import prometheus_client.values
from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from gridmap import __version__
from gridmap.services.backups.schedule import standing
from web.context import database
from web.server import weight_of
from web.together import Together

log = logging.getLogger("gridmap.requests")

_BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class _Processes:
    """What the system tells of all processes of the service, as if they were one."""

    def __init__(self, together: Together) -> None:
        self._together = together

    def collect(self) -> Iterator[Metric]:
        """Add up what is used; the earliest begin and the least limit stand for all."""
        told: dict[str, Metric] = {}
        values: dict[str, list[float]] = {}
        for pid in self._together.pids:
            for metric in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                told.setdefault(metric.name, metric)
                values.setdefault(metric.name, []).append(metric.samples[0].value)
        for name, metric in told.items():
            add = min if name.endswith(("_start_time_seconds", "_max_fds")) else sum
            yield _with_value(metric, add(values[name]))


def _with_value(metric: Metric, value: float) -> Metric:
    metric.samples = [metric.samples[0]._replace(value=value)]
    return metric


class Metrics:
    """Counts of one application; see `install`.

    Parameters
    ----------
    together : Together
        Where other processes answer as well, each counts into a file of its own in their folder, and whichever is asked
        tells the sum; what one had counted that was killed is in it.
    """

    def __init__(self, together: Together) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Processes(together))
        of = self.registry
        self.database = Gauge("gridmap_database_up", "Whether the database answers.", registry=of)
        self.backup = Gauge(
            "gridmap_last_backup_timestamp_seconds",
            "When the last good backup was taken; 0 for none.",
            registry=of,
        )
        self.backup_fails = Gauge("gridmap_backup_trouble", "Whether the last backup failed.", registry=of)
        Gauge("gridmap_info", "Version of the program.", ["version"], registry=of).labels(__version__).set(1)
        if together.numbers is not None:
            MultiProcessCollector(self.registry, path=together.numbers)  # type: ignore[no-untyped-call]
            of = CollectorRegistry()
            # The library reads the folder from the environment, and how values are kept from here.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = together.numbers
            prometheus_client.values.ValueClass = prometheus_client.values.MultiProcessValue()  # type: ignore[no-untyped-call]
        self.requests = Counter(
            "gridmap_requests",
            "Requests answered, by endpoint and status.",
            ["endpoint", "status"],
            registry=of,
        )
        self.seconds = Histogram(
            "gridmap_request_seconds", "Seconds to an answer.", ["weight"], registry=of, buckets=_BUCKETS_S
        )

    def show(self) -> Response:
        """Answer all numbers as Prometheus reads them."""
        found = standing(database().settings, dt.datetime.now(dt.UTC))
        self.database.set(database().is_answering())
        self.backup.set(0 if found.last is None else found.last.taken_at.timestamp())
        self.backup_fails.set(found.trouble is not None)
        return Response(generate_latest(self.registry), content_type=CONTENT_TYPE_LATEST)


def install(app: Flask, together: Together) -> None:
    """Count every request of an application, give it a number, and answer ``/metrics``.

    The number stands in ``X-Request-Id`` and in the log. The log has the endpoint and not the address, which may hold
    what somebody searched for.
    """
    metrics = Metrics(together)

    def begin() -> None:
        g.begun_s, g.request_number = time.perf_counter(), secrets.token_hex(8)

    def end(answer: Response) -> Response:
        # What fails before the first function of a request has no begin.
        took_s = time.perf_counter() - g.get("begun_s", time.perf_counter())
        endpoint = request.endpoint or "none"
        metrics.requests.labels(endpoint, str(answer.status_code)).inc()
        metrics.seconds.labels(weight_of(request.path)).observe(took_s)
        number = g.get("request_number", "")
        answer.headers["X-Request-Id"] = number
        log.info(
            "request",
            extra={
                "request": number,
                "method": request.method,
                "endpoint": endpoint,
                "status": answer.status_code,
                "ms": round(took_s * 1000, 1),
            },
        )
        return answer

    app.before_request(begin)
    app.after_request(end)
    app.add_url_rule("/metrics", "metrics", metrics.show)
