"""The commands of `./run`, by name. What each needs is imported when it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deploy import commands_of_people as people
from deploy import commands_of_processes as processes


@dataclass(frozen=True)
class Command:
    """`run` takes the arguments after the command's name and returns an exit status."""

    run: Callable[[Sequence[str]], int]
    about: str


def overview() -> str:
    """What `./run --help` says."""
    lines = [f"  {name:<16} {command.about}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: ./run [--port N] [--data DIR] [--speed N]   start everything; Ctrl-C stops it",
            "       ./run COMMAND …                             each takes --help",
            "",
            *lines,
        ]
    )


COMMANDS = {
    "up": Command(people.up, "start everything: what happens without a command"),
    "test": Command(people.test, "run the tests"),
    "check": Command(people.check, "format, lint, types, imports, migrations, tests"),
    "slots": Command(people.slots, "print the free times of a case"),
    "compile": Command(people.compile_article, "make an e-mail sequence of an article"),
    "token": Command(people.token, "print an API token of this installation"),
    "person": Command(people.person, "show or erase what is kept about a person"),
    "doctor": Command(people.doctor, "say what is stuck"),
    "migrate": Command(processes.migrate, "bring the database up to date"),
    "seed": Command(processes.seed, "fill an empty database with the sample content"),
    "web": Command(processes.web, "the web server alone"),
    "worker": Command(processes.worker, "a worker alone"),
    "beat": Command(processes.beat, "the beat alone"),
    "clock": Command(processes.clock, "the hand of a faster clock alone"),
    "gateway": Command(people.gateway, "print the gateway's configuration"),
    "compose-secrets": Command(people.compose_secrets, "make the secrets for docker-compose.yml"),
    "openapi": Command(people.openapi, "write the API's document"),
}
