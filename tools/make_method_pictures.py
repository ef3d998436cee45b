#!/usr/bin/env python3
"""Makes docs/methods/: a small picture of what each method gives, cut out of built reports.

    python3 tools/make_method_pictures.py REPORT.html… (Playwright, Pillow; Chromium)

Of each method the first figure of the first report that has it, as its page shows it, 320 px wide. Build them with
`--formats html,json`.
"""

import io
import json
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "docs/methods"
WIDTH_PX = 320
MOST_HEIGHT_PX = 240


def pictures(page, report):
    """Method and picture of each figure of a report, as report.json names them."""
    for figure in json.loads(report.with_suffix(".json").read_text())["figures"]:
        if figure["exhibits"]:
            shown = page.query_selector(f"[id='{figure['exhibits'][0]['anchor']}']")
            content = shown.query_selector(".grid, table") or shown
            content.scroll_into_view_if_needed()
            yield figure["method"], content.screenshot()


def small(content):
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    height = round(picture.height * WIDTH_PX / picture.width)
    return picture.resize((WIDTH_PX, height), Image.LANCZOS).crop((0, 0, WIDTH_PX, min(height, MOST_HEIGHT_PX)))


def main():
    FOLDER.mkdir(exist_ok=True)
    known = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for report in sys.argv[1:]:
            page = browser.new_page(viewport={"width": 900, "height": 900}, color_scheme="light")
            page.goto(Path(report).resolve().as_uri())
            page.wait_for_timeout(500)
            for method, content in pictures(page, Path(report)):
                if method not in known:
                    known.add(method)
                    small(content).save(FOLDER / f"{method}.jpg", quality=72, optimize=True)
        browser.close()
    print(len(known), sorted(known))


if __name__ == "__main__":
    main()
