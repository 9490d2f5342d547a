"""Pictures of the desks for the documentation: `python -m tests.browser.portraits FOLDER OUT`, FOLDER being the data of a demonstration's month.

A second account is made there for the purpose; the pictures are as small as 128 colours make them.
"""

from __future__ import annotations

import io
import os
import secrets
from importlib import resources
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import BrowserContext, sync_playwright

from sandbox.demo.installation import Installation
from tests.browser.conftest import ARGUMENTS, CHROMIUM, FONTS
from tests.integration.console.conftest import csrf_of

PAGES = {
    "today": "/", "dispatch": "/dispatches/1", "ports": "/ports", "seeds": "/seeds", "capacity": "/capacity", "trail": "/audit", "reconcile": "/reconcile", "recovery": "/recovery",
    "alarms": "/alarms", "complaints": "/complaints", "editions": "/editions", "segments": "/segments", "reader": "/readers/12", "duty": "/duty", "overview": "/overview", "resend": "/editions/58/resend", "alarm": "/alarms/1",
}  # fmt: skip
COLOURS = 128
WAIT_MS = 60_000


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--language", "languages", multiple=True, default=("zh-CN", "en"), show_default=True)
@click.option("--page", "wanted", multiple=True, help="Only these; may be repeated.")
def main(folder: Path, out: Path, languages: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    """Take a picture of each desk's pages."""
    place = Installation(folder.resolve())
    name, password = f"portrait-{secrets.token_hex(3)}", secrets.token_urlsafe(12)
    place.run("user", "add", name, "--role", "admin", "--password-env", "PORTRAIT", secrets={"PORTRAIT": password})
    out.mkdir(parents=True, exist_ok=True)
    try:
        place.start("portraits", "serve", "--port", str(place.web_port))
        place.wait_for(f"{place.web_url}/healthz")
        fonts = folder / "fonts.conf"
        fonts.write_text(FONTS.format(fonts=str(resources.files("noto_cjk_sans_otc")), cache=folder / "cache"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, env={**os.environ, "FONTCONFIG_FILE": str(fonts)})
            for language in languages:
                context = browser.new_context(locale=language, viewport={"width": 1366, "height": 768}, base_url=place.web_url, reduced_motion="reduce")
                _sign_in(context, name, password)
                for page in wanted or PAGES:
                    _take(context, page, out / f"{page}-{language[:2]}.png")
            browser.close()
    finally:
        place.stop()


def _sign_in(context: BrowserContext, name: str, password: str) -> None:
    form = context.request.get("/sign-in").text()
    context.request.post("/sign-in", form={"csrf": csrf_of(form), "name": name, "password": password}, max_redirects=0)


def _take(context: BrowserContext, name: str, path: Path) -> None:
    page = context.new_page()
    answer = page.goto(PAGES[name], timeout=WAIT_MS)
    page.wait_for_timeout(1500)  # charts are drawn by a script
    Image.open(io.BytesIO(page.screenshot(timeout=WAIT_MS))).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    click.echo(f"{answer.status if answer else '?'} {path} {path.stat().st_size:,}")
    page.close()


if __name__ == "__main__":
    main()
