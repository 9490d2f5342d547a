"""Writes docs/settings.md from the registries: `python -m tests.house.settings_page`."""

from __future__ import annotations

from pathlib import Path

from pydantic_core import PydanticUndefined

from console.registry import settings
from huabao.config import Config

PAGE = Path("docs") / "settings.md"

HEAD = """\
# Settings

Made by `python -m tests.house.settings_page`; a test keeps it true.

## Of the papers

Thresholds, windows, waits and texts. They live in the database: `huabao settings list` shows them with their values,
`huabao settings set NAME VALUE` changes one at once, in every process, and leaves a line in the audit trail.

| name | default | unit | meaning | bounds |
|---|---|---|---|---|
"""

MIDDLE = """
## Of the installation

Environment variables, or `huabao.toml` in the working directory (names without `HUABAO_`, in small letters); the environment
wins. `huabao config` prints them with where each came from, secrets masked.

| name | default | meaning |
|---|---|---|
"""


def render() -> str:
    """The whole page."""
    ours = [f"| `{one.name}` | {_cell(one.default)} | {one.unit} | {_cell(one.meaning)} | {_bounds(one.minimum, one.maximum)} |" for one in settings()]
    installation = [
        f"| `HUABAO_{name.upper()}` | {_default(field.default)} | {_cell(field.description or '')} |" for name, field in sorted(Config.model_fields.items())
    ]
    return HEAD + "\n".join(ours) + "\n" + MIDDLE + "\n".join(installation) + "\n"


def _bounds(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}".strip()


def _default(value: object) -> str:
    secret = getattr(value, "get_secret_value", None)
    plain = secret() if secret else value
    return "" if plain is PydanticUndefined or plain in ("", None) else f"`{plain}`"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    (Path(__file__).resolve().parent.parent.parent / PAGE).write_text(render())
