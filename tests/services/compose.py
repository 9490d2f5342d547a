"""docker-compose.yml without a container engine: each service's own command as a process on loopback.

Debian's `docker-compose config` resolves the file. What a container would give a
service is given to a process: its environment and nothing else, its volumes as
folders, its neighbours' addresses as ports of 127.0.0.1. Not here: images, networks.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests import servers

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
    """

    services: Mapping[str, Any]
    folder: Path
    tcp_ports: dict[str, int] = field(default_factory=lambda: {name: servers.free_tcp_port() for name in CONTAINER_PORTS})
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def translated(self, text: str, service: str) -> str:
        """`text` of the file with addresses, ports and folders that hold on this machine."""
        if text == str(CONTAINER_PORTS.get(service)):
            return str(self.tcp_ports[service])
        for name, container_port in CONTAINER_PORTS.items():
            text = re.sub(rf"(?<=[/@]){name}:{container_port}\b", f"127.0.0.1:{self.tcp_ports[name]}", text)
            text = text.replace(f"127.0.0.1:{container_port}", f"127.0.0.1:{self.tcp_ports[name]}")
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

    def start(self, service: str) -> None:
        """Start the service's own command; it dies with the tests."""
        command = servers.mortal(self.command(self.services[service]["command"], service))
        with self.log(service).open("ab") as output:
            self.processes[service] = subprocess.Popen(command, env=self.environment(service), cwd=self.folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL)

    def wait_healthy(self, service: str) -> None:
        """Run the service's own health check until it is content.

        Raises:
            AssertionError: it never was, or the process ended; with the end of its log.
        """
        test = self.services[service]["healthcheck"]["test"]
        assert test[0] == "CMD", test
        give_up_at = time.monotonic() + HEALTH_TIMEOUT_S
        while True:
            done = subprocess.run(self.command(test[1:], service), env=self.environment(service), cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
            if done.returncode == 0:
                return
            process = self.processes.get(service)
            ended = process is not None and process.poll() is not None
            assert not ended, f"{service} ended with {process.returncode if process else ''}:\n{self.said(service)}"
            assert time.monotonic() < give_up_at, f"{service} is not healthy: {done.stdout}{done.stderr}\n{self.said(service)}"
            time.sleep(0.3)

    def said(self, service: str) -> str:
        """The end of the service's log."""
        return self.log(service).read_text(errors="replace")[-4000:] if self.log(service).exists() else "(no log)"

    def run(self, service: str, *words: object, timeout_s: float = 100) -> subprocess.CompletedProcess[str]:
        """`docker-compose exec SERVICE WORD…`."""
        command = self.command([str(word) for word in words], service)
        return subprocess.run(command, env=self.environment(service), cwd=self.folder, capture_output=True, text=True, timeout=timeout_s, check=False)

    def stop(self, service: str) -> int:
        """End the service as docker does, with SIGTERM; its exit code."""
        process = self.processes.pop(service)
        process.terminate()
        try:
            return process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{service} did not end at SIGTERM:\n{self.said(service)}") from None

    def kill_all(self) -> None:
        """Leave nothing behind."""
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.processes.clear()
