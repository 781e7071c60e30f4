"""Take the pictures of ``docs/images`` from the demo county, served as ``make run`` serves it.

Makes a fresh installation in a temporary folder, loads the demo county, serves it on a free port, logs in as the demo accounts
in Chromium, and joins a phone and a desk into ``overview.png``.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
GRID321 = Path(sys.executable).with_name("grid321")
CHROMIUM = os.environ.get("GRID321_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PHONE = {"width": 390, "height": 800}
DESK = {"width": 1280, "height": 800}
START_SECONDS = 60


def command(*words: str, home: str) -> str:
    """Run ``grid321`` in an installation and return what it printed."""
    place = {**os.environ, "GRID321_HOME": home}
    result = subprocess.run([GRID321, *words], env=place, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"grid321 {' '.join(words)} failed:\n{result.stderr}")
    return result.stdout


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/login", timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


def log_in(browser: Browser, url: str, username: str, password: str, size: dict[str, int]) -> Page:
    """Return a window in which a demo account has logged in by the form."""
    context = browser.new_context(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=url,
                                  device_scale_factor=1.5 if size is PHONE else 1)
    page = context.new_page()
    page.goto("/login")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(r"/d/\d+/"))
    return page


def picture(page: Page, name: str) -> Path:
    """Save what the window shows."""
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    return path


def take(browser: Browser, url: str, password: str) -> None:
    """Take the pictures: the grid worker's phone, the county's desk, one matter."""
    worker = log_in(browser, url, "worker", password, PHONE)
    phone = picture(worker, "worker-phone")
    county = log_in(browser, url, "county", password, DESK)
    code = re.search(r"/d/(\d+)/", county.url)[1]
    county.goto(f"/d/{code}/core/statistics")
    desk = picture(county, "county-statistics")
    county.goto(f"/d/{code}/grid/report/")
    picture(county, "reports")
    join(phone, desk, IMAGES / "overview.png")


def join(left: Path, right: Path, target: Path) -> None:
    """Put a phone beside a desk on a light ground."""
    phone, desk = Image.open(left).convert("RGB"), Image.open(right).convert("RGB")
    phone = phone.resize((phone.width * desk.height // phone.height, desk.height), Image.Resampling.LANCZOS)
    gap = 24
    whole = Image.new("RGB", (phone.width + desk.width + 3 * gap, desk.height + 2 * gap), "#e9ecef")
    whole.paste(phone, (gap, gap))
    whole.paste(desk, (phone.width + 2 * gap, gap))
    whole.save(target, optimize=True)
    for path in (left, right, IMAGES / "reports.png"):
        Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)


def main() -> None:
    """Make the installation, serve it, take the pictures, stop."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="grid321-screenshots-") as home:
        command("migrate", home=home)
        password = re.search(r"\(password of all: ([^)]+)\)", command("demo", "load", "--quiet", home=home))[1]
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        server = subprocess.Popen([GRID321, "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--without-worker"],
                                  env={**os.environ, "GRID321_HOME": home}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(url)
            with sync_playwright() as play:
                browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                take(browser, url, password)
                browser.close()
        finally:
            server.terminate()
            server.wait(timeout=20)


if __name__ == "__main__":
    main()
