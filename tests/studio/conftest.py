"""A real Chromium on a real server with the demo's data."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.server_process import ServerProcess
from tests.studio.browser import FLAGS, find_chromium
from tests.studio.sample import Client, Sample, log_sample

ROOT = Path(__file__).parents[2]
WAIT_MS = 20_000
WIDTH, HEIGHT = 1440, 900


def load_builder():
    spec = importlib.util.spec_from_file_location("studio_build", ROOT / "web" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def builder():
    module = load_builder()
    module.install_packages()
    return module


@pytest.fixture(scope="session")
def pages(builder) -> Path:
    """The built studio, made anew if a source is newer."""
    index = builder.PAGES / "index.html"
    sources = [path for path in (builder.WEB / "src").rglob("*") if path.is_file()]
    if not index.is_file() or max(s.stat().st_mtime for s in sources) > index.stat().st_mtime:
        builder.build()
    return builder.PAGES


# Not for the whole session: while Playwright runs, its event loop is the thread's, and tests of
# other folders run their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    assert path, "no Chromium: run python -m tests.studio.browser"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(pages, tmp_path_factory) -> Iterator[ServerProcess]:
    # Webhooks of the tests lead to this machine.
    folder = tmp_path_factory.mktemp("studio") / "data"
    server = ServerProcess(folder, "--webhook-private-addresses")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def client(server) -> Iterator[Client]:
    client = Client(server.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def sample(server) -> Sample:
    return log_sample(server.url)


class Studio:
    """A browser window on the studio, which must not fail or ask another host while it is used."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.failures: list[str] = []
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.on("console", self._heard)
        page.on("request", self._asked)

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def open_experiment(self, experiment: str, query: str = "") -> Page:
        page = self.open(f"/experiments/{experiment}{query}")
        page.get_by_role("grid", name="Runs").wait_for()
        return page

    def open_run(self, sample: Sample, name: str, tab: str = "") -> Page:
        task = name.split(" ")[0]
        experiment, run = sample.experiments[task], sample.runs[name]
        return self.open(f"/experiments/{experiment}/runs/{run}" + (f"?tab={tab}" if tab else ""))

    def _heard(self, message) -> None:
        # A refused filter, or a part that the server has not, is an answer and no failure.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.failures.append(message.text)

    def _asked(self, request) -> None:
        if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(
            self.url
        ):
            self.failures.append(f"asked {request.url}")


@pytest.fixture
def studio(chromium, server, sample) -> Iterator[Studio]:
    """A fresh window, and after the test the certainty that nothing failed in it unseen."""
    context = chromium.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        accept_downloads=True,
        timezone_id="Europe/Berlin",
        locale="en-US",
    )
    studio = Studio(context.new_page(), server.url)
    yield studio
    context.close()
    assert studio.failures == []
