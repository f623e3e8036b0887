"""How each long-running process is started: the same lines on one machine and in a container."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from deploy.environment import concurrency
from shared.settings import SERVICES

# The longest a request may take to end after SIGTERM. Below the launcher's own patience.
GRACE_S = 3


def web(environ: Mapping[str, str], *, host: str, port: int, service: str | None = None) -> tuple[str, ...]:
    """The web server: granian, or gunicorn when WEB_SERVER says so. All three services unless one is named."""
    app = f"deploy.web:{service or 'app'}"
    server = _gunicorn if environ.get("WEB_SERVER") == "gunicorn" else _granian
    return (sys.executable, "-m", *server(app, host, port, concurrency(environ)))


def worker(service: str | None = None) -> tuple[str, ...]:
    """The worker of one queue, or of all three."""
    module = f"services.{service}.worker" if service else "deploy.worker"
    queues = service or ",".join(SERVICES)
    return _celery(
        *(module, "worker", "--pool", "threads", "--concurrency", "8", "-Q", queues, "--loglevel", "INFO"),
        # Workers find their work in the database, so they have nothing to tell each other.
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )


def beat() -> tuple[str, ...]:
    """The beat, which keeps its schedule in memory: any number of them may run."""
    return _celery("deploy.worker", "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "INFO")


def ours(*arguments: str) -> tuple[str, ...]:
    """One of our own commands in a process of its own."""
    return (sys.executable, "-m", "deploy", *arguments)


def _granian(app: str, host: str, port: int, processes: int) -> tuple[str, ...]:
    return (
        *("granian", "--interface", "wsgi", app, "--host", host, "--port", str(port), "--no-ws"),
        # Four threads a process: requests wait for the database, and its pool is lent to as many.
        *("--workers", str(processes), "--blocking-threads", "4"),
        *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", str(GRACE_S)),
    )


def _gunicorn(app: str, host: str, port: int, processes: int) -> tuple[str, ...]:
    return (
        *("gunicorn", app, "--bind", f"{host}:{port}", "--worker-class", "gthread"),
        *("--workers", str(processes), "--threads", "8", "--graceful-timeout", str(GRACE_S)),
    )


def _celery(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "-A", module, *arguments)
