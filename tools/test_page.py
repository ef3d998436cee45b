"""Drives a built page in Chromium, as a reader does: the tests that no Rust test can make.

    make test-page            # builds the quickstart and the sampler of all methods; needs Chromium, pip and npm

Each page is opened from its file with the network switched off. Held: no message on the console and no request under the page's own
policy; nothing for axe (WCAG 2.2 AA) in either theme; nothing wider than the window at 360, 768, 1280 and 1920 px; with scripts off every
figure is there; the number under the pointer, and the one that the arrow keys reach, is the stored one; the keyboard alone reaches everything
that can be used; print has every figure. Without Chromium it says so and ends well, unless CI is set.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

WIDTHS_PX = [360, 768, 1280, 1920]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]

faults = []


def hold(is_so, what):
    if not is_so:
        faults.append(what)
        print(f"  FAULT: {what}", flush=True)


def opened(browser, page_file, **options):
    """The page in a context of its own, offline; with it what it said and asked for."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_offline(True)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.resolve().as_uri())
    page.wait_for_load_state("load")
    return page, said, asked


def quiet_and_alone(browser, file):
    page, said, asked = opened(browser, file)
    for details in page.locator("details").all():
        details.evaluate("it => { it.open = true; }")
    page.wait_for_timeout(200)
    hold(not said, f"the console is not empty: {said[:3]}")
    beyond = [url for url in asked[1:] if not url.startswith(("data:", "blob:"))]
    hold(not beyond, f"the page asks for {beyond[:3]}")
    count = page.locator("figure[id]").count()
    page.context.close()
    return count


def fits_every_window(browser, file):
    for width in WIDTHS_PX:
        page, _, _ = opened(browser, file, viewport={"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        hold(wide <= width, f"at {width} px the page is {wide} px wide")
        page.context.close()


def accessible(browser, file, axe):
    for scheme in ["light", "dark"]:
        # Only axe itself is let through the policy.
        page, _, _ = opened(browser, file, color_scheme=scheme, bypass_csp=True)
        page.evaluate("for (const it of document.querySelectorAll('details')) it.open = true")
        page.add_script_tag(content=axe)
        run = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
        for fault in page.evaluate(run, RULES)["violations"]:
            place = fault["nodes"][0]["target"]
            hold(False, f"axe, {scheme}: {fault['id']}, {len(fault['nodes'])} times, first at {place}")
        page.context.close()


def whole_without_scripts(browser, file, figures):
    page, _, _ = opened(browser, file, java_script_enabled=False)
    shown = page.locator("figure[id]")
    hold(shown.count() == figures, f"without scripts there are {shown.count()} of {figures} figures")
    for at in range(shown.count()):
        figure = shown.nth(at)
        box = figure.bounding_box()
        name = figure.get_attribute("id")
        hold(box is not None and box["height"] > 40, f"without scripts `{name}` is not seen")
        pictures = figure.locator("img, svg, table").count()
        hold(pictures > 0, f"without scripts `{name}` is empty")
    page.context.close()


def shown_of(values, meaning_is_signed, kept):
    """What the page shows of an array as it was computed: largest size over the channels, or the numbers of one channel."""
    import numpy

    one = values[0] if len(values) == 1 else numpy.abs(values).max(0)
    return one if meaning_is_signed else numpy.maximum(one, 0) if kept == "clipped" else numpy.abs(one)


def same(found, expected, is_rounded):
    if not is_rounded:
        return found == expected
    return abs(found - expected) <= 0.0051 * abs(expected)


def values_under_the_pointer(browser, file):
    import numpy

    report = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    page, _, _ = opened(browser, file)
    compared = 0
    for figure in report["figures"]:
        units = [unit for unit in figure["units"] if (unit.get("found") or {}).get("kind") == "attributions"]
        shown = page.locator(f"[id='{figure['exhibits'][0]['anchor']}']") if figure["exhibits"] else page.locator("none")
        if not units or shown.count() != 1 or figure["method"] not in ("grad_cam", "saliency"):
            continue
        tiles = shown.locator(".layered svg[data-map]")
        by_map = {}
        for at in range(tiles.count()):
            tile = tiles.nth(at)
            if tile.get_attribute("data-view") in ("map", "overlay"):
                by_map.setdefault(tile.get_attribute("data-map"), tile)
        hold(len(by_map) == len(units), f"`{figure['name']}` shows {len(by_map)} maps of {len(units)}")
        for unit, (name, tile) in zip(units, by_map.items()):
            stock = page.locator(f"[id='{name}']").first
            columns, rows = (int(stock.get_attribute(f"data-{side}")) for side in ("columns", "rows"))
            values = numpy.load(file.parent / unit["found"]["map"]["file"])
            expected = shown_of(values, False, "clipped" if figure["method"] == "grad_cam" else "size")
            hold(expected.shape == (rows, columns), f"`{figure['name']}`: {expected.shape} cells, the page has {(rows, columns)}")
            is_rounded = stock.get_attribute("data-rounded") is not None
            tile.scroll_into_view_if_needed()
            box = tile.bounding_box()
            reading = shown.locator(".reading")
            for part in [(0.01, 0.01), (0.3, 0.5), (0.99, 0.99)]:
                # The pointer stands on whole pixels, of which one may cover two cells.
                x, y = (int(box[axis] + share * box[side]) for axis, side, share in zip("xy", ("width", "height"), part))
                column = min(max(int((x - box["x"]) / box["width"] * columns), 0), columns - 1)
                row = min(max(int((y - box["y"]) / box["height"] * rows), 0), rows - 1)
                page.mouse.move(x - 3, y - 3)
                page.mouse.move(x, y)
                page.wait_for_timeout(60)
                exact = float(reading.get_attribute("data-exact") or "nan")
                wanted = float(expected[row, column])
                hold(same(exact, wanted, is_rounded), f"`{figure['name']}`: {exact} under the pointer at {column}, {row}; {wanted} is stored")
                compared += 1
            # From the cell under the pointer one to the left, by keyboard.
            tile.evaluate("it => it.closest('button').focus()")
            page.keyboard.press("ArrowLeft")
            page.wait_for_timeout(60)
            exact = float(reading.get_attribute("data-exact") or "nan")
            wanted = float(expected[row, max(column - 1, 0)])
            hold(same(exact, wanted, is_rounded), f"`{figure['name']}`: the arrow key reaches {exact}, {wanted} is stored")
            compared += 1
    page.context.close()
    return compared


def reached_by_keyboard(browser, file):
    page, _, _ = opened(browser, file)
    usable = """() => [...document.querySelectorAll('a[href], button, summary, select, input, [tabindex="0"]')]
        .filter(it => it.checkVisibility({visibilityProperty: true}) && !it.disabled)
        .map((it, at) => { it.dataset.usable = at; return it.outerHTML.slice(0, 80); })"""
    names = page.evaluate(usable)
    met = set()
    for _ in range(len(names) * 2 + 20):
        page.keyboard.press("Tab")
        met.add(page.evaluate("document.activeElement?.dataset.usable ?? null"))
        if len(met - {None}) == len(names):
            break
    missed = [name for at, name in enumerate(names) if str(at) not in met]
    hold(not missed, f"the keyboard does not reach {len(missed)} of {len(names)}: {missed[:3]}")
    page.context.close()
    return len(names)


def printed(browser, file, figures):
    from pypdf import PdfReader

    page, _, _ = opened(browser, file)
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "page.pdf"
        page.pdf(path=pdf, format="A4")
        text = " ".join(part.extract_text() for part in PdfReader(pdf).pages)
    names = page.locator("figure[id] > figcaption > .name").all_inner_texts()
    hold(len(names) == figures, f"{len(names)} of {figures} figures have a name")
    squeezed = re.sub(r"\s+", "", text)
    missing = [name for name in names if re.sub(r"\s+", "", name) not in squeezed]
    hold(not missing, f"print lacks {missing}")
    page.context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path, help="built with the formats html and json")
    parser.add_argument("--axe", type=Path, required=True, help="axe.min.js of the package axe-core")
    arguments = parser.parse_args()
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        if os.environ.get("CI"):
            sys.exit("error: Chromium is not installed: apt install chromium")
        print("note: Chromium is not installed, no page was opened")
        return
    from playwright.sync_api import sync_playwright

    axe = arguments.axe.read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for file in arguments.pages:
            print(file, flush=True)
            figures = quiet_and_alone(browser, file)
            fits_every_window(browser, file)
            accessible(browser, file, axe)
            whole_without_scripts(browser, file, figures)
            compared = values_under_the_pointer(browser, file)
            usable = reached_by_keyboard(browser, file)
            printed(browser, file, figures)
            print(f"  {figures} figures, {compared} numbers, {usable} places for the keyboard")
        browser.close()
    if faults:
        sys.exit(f"{len(faults)} faults")


if __name__ == "__main__":
    main()
