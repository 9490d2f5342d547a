"""docker-compose.yml without a container engine: each service's own command as a process on loopback.

Debian's `docker-compose config` resolves the file. What a container would give a
service is given to a process: its environment and nothing else, its volumes as
folders, its neighbours' addresses as ports of 127.0.0.1. Not here: images, networks.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import yaml

from tests import servers
from tests.services.forked import Fork, run_command

ROOT = Path(__file__).resolve().parent.parent.parent
CONTAINER_PORTS = {"web": 8080, "sandbox": 8090, "redis": 6379, "postgres": 5432}
HEALTH_TIMEOUT_S = 90.0


def compose_config(**environment: str) -> dict[str, Any]:
    """The compose file as docker-compose understands it, with `environment` in the place of `.env`.

    Raises:
        AssertionError: docker-compose refuses the file; its words are the message.
    """
    command = [servers.program("docker-compose"), "--file", str(ROOT / "docker-compose.yml"), "config"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = yaml.safe_load(done.stdout)
    asked = set(environment.get("COMPOSE_PROFILES", "").split(","))  # older docker-compose prints services that it would not start
    document["services"] = {name: one for name, one in document["services"].items() if not one.get("profiles") or asked & set(one["profiles"])}
    return document


def image_environment() -> dict[str, str]:
    """What the Dockerfile's ENV gives every container."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return {name: value for line in re.findall(r"^ENV (.*)$", text, re.MULTILINE) for name, value in re.findall(r"(\w+)=(\S+)", line)}


@dataclass
class Composition:
    """The services of a compose file as processes.

    Attributes:
        services: the file's, by name.
        folder: where volumes and logs lie.
        tcp_ports: of 127.0.0.1, by service.
        second_names: services of processes that have a name of their own.
    """

    services: Mapping[str, Any]
    folder: Path
    tcp_ports: dict[str, int] = field(default_factory=lambda: {name: servers.free_tcp_port() for name in CONTAINER_PORTS})
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    second_names: dict[str, str] = field(default_factory=dict)

    def translated(self, text: str, service: str) -> str:
        """`text` of the file with addresses, ports and folders that hold on this machine."""
        if text == str(CONTAINER_PORTS.get(service)):
            return str(self.tcp_ports[service])
        by_number = {str(number): self.tcp_ports[name] for name, number in CONTAINER_PORTS.items()}
        text = re.sub(rf"127\.0\.0\.1:({'|'.join(by_number)})\b", lambda found: f"127.0.0.1:{by_number[found[1]]}", text)
        for name, container_port in CONTAINER_PORTS.items():
            text = re.sub(rf"(?<=[/@]){name}:{container_port}\b", f"127.0.0.1:{self.tcp_ports[name]}", text)
        for volume in self.services[service].get("volumes", ()):
            name, target = volume.split(":")[:2]
            text = text.replace(target, str(self.volume(name)))
        return text.replace("0.0.0.0", "127.0.0.1")

    def volume(self, name: str) -> Path:
        """The folder that stands for a named volume."""
        path = self.folder / "volumes" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def environment(self, service: str) -> dict[str, str]:
        """What the service's process sees: the image's, the file's, and where programs are."""
        given = {**image_environment(), **self.services[service].get("environment", {})}
        own = {name: self.translated(str(value), service) for name, value in given.items()}
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", **own, "PYTHONPATH": str(ROOT)}

    def command(self, words: Sequence[str], service: str) -> list[str]:
        """A command of the file as this machine runs it."""
        words = [self.translated(word, service) for word in words]
        programs = {"huabao": [sys.executable, "-m", "console.cli"], "python": [sys.executable]}
        if words[0] == "pg_isready":
            return [servers.postgres_program("pg_isready"), *words[1:]]
        return [*(programs.get(words[0]) or [servers.program(words[0])]), *words[1:]]

    def log(self, service: str) -> Path:
        """What the service wrote."""
        return self.folder / f"{service}.log"

    def start(self, service: str, *, name: str | None = None) -> None:
        """Start the service's own command; it dies with the tests.

        Args:
            name: of a second process of the same service.
        """
        command = servers.mortal(self.command(self.services[service]["command"], service))
        if name is not None:
            self.second_names[name] = service
        with self.log(service).open("ab") as output:
            self.processes[name or service] = subprocess.Popen(
                command, env=self.environment(service), cwd=self.folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def wait_healthy(self, service: str) -> None:
        """Run the service's own health check until it is content.

        Raises:
            AssertionError: it never was, or the process ended; with the end of its log.
        """
        test = self.services[service]["healthcheck"]["test"]
        assert test[0] == "CMD", test
        give_up_at = time.monotonic() + HEALTH_TIMEOUT_S
        said = "nobody listens"
        while True:
            if self._listens(service):  # a check is a process of its own, which those that start up would feel
                done = subprocess.run(self.command(test[1:], service), env=self.environment(service), cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
                if done.returncode == 0:
                    return
                said = f"{done.stdout}{done.stderr}"
            process = self.processes.get(service)
            ended = process is not None and process.poll() is not None
            assert not ended, f"{service} ended with {process.returncode if process else ''}:\n{self.said(service)}"
            assert time.monotonic() < give_up_at, f"{service} is not healthy: {said}\n{self.said(service)}"
            time.sleep(0.2)

    def _listens(self, service: str) -> bool:
        """Whether somebody takes connections where the service should; true of those that listen nowhere."""
        if service not in self.tcp_ports:
            return True
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.tcp_ports[service])) == 0

    def said(self, service: str) -> str:
        """The end of the service's log."""
        return self.log(service).read_text(errors="replace")[-4000:] if self.log(service).exists() else "(no log)"

    def run(self, service: str, *words: object, timeout_s: float = 100) -> subprocess.CompletedProcess[str]:
        """`docker-compose exec SERVICE WORD…`."""
        command = self.command([str(word) for word in words], service)
        return subprocess.run(command, env=self.environment(service), cwd=self.folder, capture_output=True, text=True, timeout=timeout_s, check=False)

    def huabao(self, *words: object) -> Any:
        """What a command of huabao answers with the web's environment, as JSON.

        A fork of a process that has imported it: health checks and the migration
        start the real one, which spends two seconds on its imports.

        Raises:
            AssertionError: it did not end with 0.
        """
        errors = self.folder / "command.err"
        given = [self.translated(str(word), "web") for word in words]
        process = Fork(_command_in, str(self.folder), str(errors), *given, "--json", name="huabao", environment=self.environment("web"))
        with process.stdout:
            said = process.stdout.read()
        code = process.wait()
        assert code == 0, f"huabao {words}: exit {code}\n{said}\n{errors.read_text(errors='replace')}"
        return json.loads(said)

    def revive(self) -> None:
        """Start again what ended by itself, as `restart: unless-stopped` says."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                service = name if name in self.services else self.second_names[name]
                assert self.services[service]["restart"] == "unless-stopped", name
                self.start(service, name=name)

    def kill(self, service: str, *, alone: bool = False) -> None:
        """End the service as a power cut would, with all of its processes; `alone` leaves its children to themselves."""
        process = self.processes.pop(service)
        with suppress(ProcessLookupError):  # it ended by itself
            (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, service: str) -> int:
        """End the service as docker does, with SIGTERM; its exit code."""
        process = self.processes.pop(service)
        process.terminate()
        try:
            return process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{service} did not end at SIGTERM:\n{self.said(service)}") from None

    def kill_all(self) -> None:
        """Leave nothing behind."""
        for name in list(self.processes):
            self.kill(name)


def _command_in(folder: str, errors: str, *words: str) -> None:
    """The target of a fork: a command of huabao in a folder, what it complains of in a file."""
    os.chdir(folder)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    run_command(*words)


@contextmanager
def running_composition(folder: Path, ours: Sequence[str], **environment: str) -> Iterator[Composition]:
    """The services of the compose file up and healthy, in the order that `depends_on` states.

    Args:
        ours: services besides PostgreSQL, Redis and the migration.
        environment: in the place of `.env`.
    """
    services = compose_config(**environment)["services"]
    made = Composition(services, folder)
    options = dict(word.split("=", 1) for word in services["postgres"]["command"] if "=" in word)
    options["synchronous_commit"] = "on"  # as PostgreSQL has it: what was committed survives a crash
    with servers.postgres_server(options, tcp_port=made.tcp_ports["postgres"]) as url:
        _make_database(url, services["postgres"]["environment"])
        made.wait_healthy("postgres")
        try:
            made.start("redis")
            made.wait_healthy("redis")
            migrated = made.run("migrate", *services["migrate"]["command"])
            assert migrated.returncode == 0, migrated.stderr
            for name in ours:
                made.start(name)
            for name in ours:
                made.wait_healthy(name)
            yield made
        finally:
            made.kill_all()


def _make_database(url: str, environment: Mapping[str, str]) -> None:
    """What PostgreSQL's image does at its first start."""
    user, database = environment["POSTGRES_USER"], environment["POSTGRES_DB"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN SUPERUSER".encode())
        connection.execute(f"CREATE DATABASE {database} OWNER {user}".encode())
