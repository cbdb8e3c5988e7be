"""The pages as pictures: with SCREENSHOTS=docs/images they are kept for the documentation.

Without it they are drawn all the same, and must not be blank.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.studio.conftest import ROOT

FOLDER = os.environ.get("SCREENSHOTS")


def shots(sample):
    """What to show: the name of the picture and the address, in light or dark."""
    cancer = sample.experiments["breast-cancer"]
    runs = [run for name, run in sample.runs.items() if name.startswith("breast-cancer b")]
    compared = '","'.join(runs)
    run = sample.runs["breast-cancer boosting rate=0.03 depth=2"]
    return {
        "studio-workbench": (f"/experiments/{cancer}?nest=off&split=0.55", "light"),
        "studio-dark": (
            f"/experiments/{cancer}?nest=off&color=params.family&group=params.family&split=0.55",
            "dark",
        ),
        "studio-run": (f"/experiments/{cancer}/runs/{run}", "light"),
        "studio-code": (
            f"/experiments/{cancer}/runs/{run}?tab=code&other={runs[-1]}",
            "light",
        ),
        "studio-workspace": ("/workspaces/default", "light"),
        "studio-model": (f"/experiments/{cancer}/runs/{run}?tab=model", "light"),
        "studio-compare": (
            f'/compare?runs=["{compared}"]&experiments=["{cancer}"]&view=parallel',
            "light",
        ),
        "studio-contour": (
            f'/compare?runs=["{compared}"]&experiments=["{cancer}"]&view=contour',
            "light",
        ),
    }


@pytest.mark.parametrize(
    "name",
    [
        "studio-workbench",
        "studio-dark",
        "studio-run",
        "studio-code",
        "studio-workspace",
        "studio-model",
        "studio-compare",
        "studio-contour",
    ],
)
def test_a_page_is_a_picture(studio, sample, name, tmp_path):
    address, scheme = shots(sample)[name]
    page = studio.page
    page.set_viewport_size({"width": 1280, "height": 760})
    page.emulate_media(color_scheme=scheme)
    studio.open(address)
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(300)  # for what is drawn in the next frame
    folder = ROOT / FOLDER if FOLDER else tmp_path
    Path(folder).mkdir(parents=True, exist_ok=True)
    path = Path(folder) / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 20_000
