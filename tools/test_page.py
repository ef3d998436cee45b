"""Drives a built page in Chromium and Firefox, as a reader does: the tests that no Rust test can make.

    make test-page            # builds the quickstart and the sampler of all methods; needs Chromium, pip and npm

Each page is opened from its file with the network switched off. Held: no message on the console and no request under the page's own
policy; nothing for axe (WCAG 2.2 AA) in either theme; nothing wider than the window at 360, 768, 1280 and 1920 px; with scripts off every
figure is there; the number under the pointer, and the one that the arrow keys reach, is the stored one; films, superpixels and cells of matrices
answer to pointer and keyboard; the keyboard alone reaches everything that can be used; print has every figure. Without Chromium it says so and
ends well, unless CI is set. Firefox (tools/firefox.py) is asked for less, and only where it is installed.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote

WIDTHS_PX = [360, 768, 1280, 1920]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]

faults = []


def hold(is_so, what):
    if not is_so:
        faults.append(what)
        print(f"  FAULT: {what}", flush=True)


def soon(is_so, seconds=4):
    """Whether it comes to be so: a machine with other work takes its time."""
    until = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


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


def stored_maps(file):
    """Anchor, whether clipped, and arrays of each figure of Grad-CAM and of saliency."""
    import numpy

    report = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    for figure in report["figures"]:
        units = [unit for unit in figure["units"] if (unit.get("found") or {}).get("kind") == "attributions"]
        if units and figure["exhibits"] and figure["method"] in ("grad_cam", "saliency"):
            arrays = [numpy.load(file.parent / unit["found"]["map"]["file"]) for unit in units]
            kept = "clipped" if figure["method"] == "grad_cam" else "size"
            yield figure["exhibits"][0]["anchor"], [shown_of(array, False, kept) for array in arrays]


def in_firefox(path, file, figures):
    """Console, requests, width, numbers under the pointer, and every figure with scripts off."""
    import firefox

    compared = 0
    with firefox.Firefox(path) as browser:
        browser.open(file, 360)
        wide = browser.evaluate("document.documentElement.scrollWidth")
        hold(wide <= 360, f"Firefox: at 360 px the page is {wide} px wide")
        browser.open(file)
        browser.evaluate("[...document.querySelectorAll('details')].forEach(it => { it.open = true; })")
        found = browser.evaluate("document.querySelectorAll('figure[id]').length")
        hold(found == figures, f"Firefox has {found} of {figures} figures")
        for anchor, arrays in stored_maps(file):
            maps = f"[...document.getElementById('{anchor}').querySelectorAll('.layered svg[data-map]:not([data-map=\"\"])')]"
            firsts = f"{maps}.filter((it, at, all) => all.findIndex(other => other.dataset.map === it.dataset.map) === at)"
            for at, expected in enumerate(arrays):
                where = f"""(() => {{
                    const tile = {firsts}[{at}];
                    const box = tile.getBoundingClientRect();
                    return [box.x, box.y, box.width, box.height, "rounded" in document.getElementById(tile.dataset.map).dataset];
                }})()"""
                browser.evaluate(f"{firsts}[{at}].scrollIntoView({{ block: 'center', behavior: 'instant' }})")
                rows, columns = expected.shape
                pair = [None, None]

                def reads():
                    x, y, width, height, is_rounded = browser.evaluate(where)
                    left, top = int(x + 0.3 * width), int(y + 0.6 * height)
                    browser.point_at(left, top)
                    exact = browser.evaluate(f"Number(document.getElementById('{anchor}').querySelector('.reading').dataset.exact)")
                    wanted = float(expected[int((top - y) / height * rows), int((left - x) / width * columns)])
                    pair[:] = [exact, wanted]
                    return exact is not None and same(exact, wanted, is_rounded)

                # Numbers are unpacked when they are first asked for, and the page may yet come to rest by a part of a pixel.
                is_read = soon(reads)
                hold(is_read, f"Firefox, `{anchor}`: {pair[0]} under the pointer, {pair[1]} is stored")
                compared += 1
        hold(not browser.said, f"Firefox: the console is not empty: {browser.said[:3]}")
        beyond = [url for url in browser.asked if not url.startswith(("file:", "data:", "blob:", "about:"))]
        hold(not beyond, f"Firefox: the page asks for {beyond[:3]}")
    with firefox.Firefox(path, scripts=False) as browser:
        browser.open(file)
        shown = browser.find("figure[id]")
        hold(len(shown) == figures, f"Firefox without scripts has {len(shown)} of {figures} figures")
        for node in shown:
            height, colours = browser.looks(node)
            name = node["value"]["attributes"]["id"]
            hold(height > 40 and colours > 1, f"Firefox without scripts does not show `{name}`")
    return compared


def films(browser, file):
    """The frames of an ascent: slider, keys and address; no play button for who wants no motion."""
    page, _, _ = opened(browser, file)
    found = page.locator("figure.frames")
    for at in range(found.count()):
        figure = found.nth(at)
        name, count = figure.get_attribute("id"), figure.locator(".tile").count()
        slider = figure.locator("input[type=range]")
        hold(slider.get_attribute("max") == str(count - 1), f"`{name}`: the slider does not have {count} frames")
        same_picture = """(it, at) => {
            const inside = (root) => root.querySelector("img")?.src ?? root.querySelector("use").getAttribute("href");
            const [shown, tile] = [it.querySelector(".film-stage > .shown"), it.querySelectorAll(".tile")[at]];
            return (shown.src ?? inside(shown)) === inside(tile);
        }"""
        hold(figure.evaluate(same_picture, count - 1), f"`{name}`: the last frame is not shown first")
        slider.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        hold(figure.evaluate(same_picture, 1), f"`{name}`: the arrow key does not show the second frame")
        hold(page.url.endswith(f"#{name}?frame=2"), f"`{name}`: the address is {page.url[-60:]}")
        if at == 0:
            figure.locator("button", has_text=re.compile(".")).first.click()
            hold(soon(lambda: int(slider.input_value()) > 2), f"`{name}`: it does not play")
    address, count = page.url, found.count()
    page.context.close()
    if count:
        page, _, _ = opened(browser, file, reduced_motion="reduce")
        hold(page.locator("figure.frames .film button:visible").count() == 0, "a film plays for who wants no motion")
        page.goto(address.split("?")[0] + "?frame=2")
        page.reload()
        hold(page.locator(":target, figure.frames").last.locator("input[type=range]").input_value() == "1", "the address shows no frame")
        page.context.close()
    return count


def superpixels(browser, file):
    """A bar lights up its superpixel and the other way round, by pointer and by keyboard."""
    page, _, _ = opened(browser, file)
    charts = page.locator(".tile[data-parts][data-group]")
    page.wait_for_timeout(500)
    for at in range(charts.count()):
        chart = charts.nth(at)
        group = chart.get_attribute("data-group")
        figures = chart.locator("xpath=ancestor::div[@class='figures']")
        photos = figures.locator(f".tile[data-group='{group}']:not([data-parts])")
        parts = [[float(number) for number in part.split(",")] for part in chart.get_attribute("data-parts").split(";")]
        marked = "it => [it.querySelector('.part')?.dataset.key ?? null, !!it.querySelector('.lit')]"
        # By keyboard from the second bar.
        chart.locator(".answering").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        wanted = parts[min(1, len(parts) - 1)]
        hold(soon(lambda: chart.evaluate(marked)[0] == f"{wanted[0]:g}"), f"group {group}: the arrow key does not mark the second bar")
        lit = lambda: [photos.nth(photo).evaluate(marked)[1] for photo in range(photos.count())]
        hold(soon(lambda: all(lit())), f"group {group}: the superpixel is lit in {sum(lit())} of {photos.count()} pictures")
        # A click into a pixel of the superpixel of the last bar.
        key = int(parts[-1][0])
        place = photos.first.evaluate("""async (it, key) => {
            const [columns, rows] = [Number(it.dataset.columns), Number(it.dataset.rows)];
            const bytes = await inflated(it.dataset.segments);
            const is = at => (bytes[at] | (bytes[columns * rows + at] << 8)) === key;
            const inner = [...Array(columns * rows).keys()].find(at => [0, 1, -1, columns, -columns].every(by => is(at + by)));
            const at = inner ?? [...Array(columns * rows).keys()].find(is);
            return [(at % columns + 0.5) / columns, (Math.floor(at / columns) + 0.5) / rows];
        }""", key)
        picture = photos.first.locator(".answering svg").first
        picture.scroll_into_view_if_needed()
        page.wait_for_timeout(150)
        box = picture.bounding_box()
        page.mouse.click(box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"])
        hold(soon(lambda: chart.evaluate(marked)[0] == str(key)), f"group {group}: a click into superpixel {key + 1} marks no bar")
        hold(f"superpixel={key + 1}" in page.url, f"group {group}: the address is {page.url[-60:]}")
        page.keyboard.press("Escape")
        hold(soon(lambda: chart.evaluate(marked)[0] is None), f"group {group}: Escape does not take the mark away")
    count = charts.count()
    page.context.close()
    return count


def photos_behind_cells(browser, file):
    """Photos of a cell of a confusion matrix, by keyboard and by pointer; never more than the cell counts."""
    page, _, _ = opened(browser, file)
    tiles = page.locator(".tile[data-sheet]")
    seen = 0
    for at in range(tiles.count()):
        tile = tiles.nth(at)
        figure = tile.locator("xpath=ancestor::figure")
        photos = json.loads(tile.get_attribute("data-photos"))
        parts = {int(part.split(",")[0]) for part in tile.get_attribute("data-parts").split(";")}
        hold({key for key, _ in photos} <= parts, "photos stand in cells that count none")
        tile.locator(".answering").focus()
        for key in ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"]:
            page.keyboard.press(key)
            shown = figure.locator(".behind li").count()
            count = int(re.search(r"(\d+)$", figure.locator(".behind p").inner_text()).group(1))
            hold(0 < shown <= count, f"{shown} photos of {count} after {key}")
            seen += shown
        page.keyboard.press("Escape")
        hold(figure.locator(".behind li").count() == 0, "Escape does not take the photos away")
        part = [float(number) for number in tile.get_attribute("data-parts").split(";")[-1].split(",")]
        svg = tile.locator(".answering > svg")
        svg.scroll_into_view_if_needed()
        box, width = svg.bounding_box(), svg.evaluate("it => it.viewBox.baseVal.width")
        scale = box["width"] / width
        page.mouse.move(box["x"] + scale * (part[1] + part[3] / 2), box["y"] + scale * (part[2] + part[4] / 2))
        hold(figure.locator(".part").get_attribute("data-key") == f"{part[0]:g}", "the pointer marks another cell")
    page.context.close()
    return seen


def strip_of_figures(browser, file, figures):
    page, _, _ = opened(browser, file)
    links = page.locator(".figure-list a")
    hold(links.count() == figures, f"the list has {links.count()} of {figures} figures")
    for at in range(links.count()):
        links.nth(at).scroll_into_view_if_needed()
        page.wait_for_timeout(30)
    without = page.locator(".figure-list a:not(:has(.thumbnail))").count()
    hold(without == 0, f"{without} of {figures} figures have no thumbnail")
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("Alt+ArrowDown")
    hold(page.evaluate("document.activeElement.matches('figure a.name')"), "Alt and the arrow key lead to no figure")
    page.context.close()


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

    def on_paper(folder):
        pdf = Path(folder) / "page.pdf"
        page.pdf(path=pdf, format="A4")
        return PdfReader(pdf).pages

    def count_images(parts):
        return sum(len(part["/Resources"].get("/XObject", {})) for part in parts)

    with tempfile.TemporaryDirectory() as folder:
        parts = on_paper(folder)
        text = " ".join(part.extract_text() for part in parts)
        images = count_images(parts)
        # A picture that the browser has not come to yet is blank on paper, with its caption below it.
        page.evaluate("Promise.all([...document.images].map(it => { it.loading = 'eager'; return it.decode(); }))")
        all_images = count_images(on_paper(folder))
    names = page.locator("figure[id] > figcaption > .name").all_inner_texts()
    hold(len(names) == figures, f"{len(names)} of {figures} figures have a name")
    squeezed = re.sub(r"\s+", "", text)
    missing = [name for name in names if re.sub(r"\s+", "", name) not in squeezed]
    hold(not missing, f"print lacks {missing}")
    hold(images == all_images, f"print has {images} of {all_images} pictures")
    page.context.close()


def split_pages(browser, first, axe):
    """A report with a page a question: each page by itself, and every link from one to another."""
    pages = [first, *sorted(first.parent.glob(f"{first.stem}-question-*.html"))]
    places, links, figures = {}, [], {}
    for file in pages:
        quiet_and_alone(browser, file)
        fits_every_window(browser, file)
        accessible(browser, file, axe)
        page, _, _ = opened(browser, file)
        places[file.name] = set(page.evaluate("[...document.querySelectorAll('[id]')].map(it => it.id)"))
        hrefs = page.evaluate("[...document.querySelectorAll('a[href]')].map(it => it.getAttribute('href'))")
        links += [(file.name, unquote(href)) for href in hrefs if not href.startswith(("data:", "http"))]
        for figure in page.evaluate("[...document.querySelectorAll('figure[id]')].map(it => it.id)"):
            hold(figure not in figures, f"`{figure}` stands in two pages")
            figures[figure] = file.name
        page.context.close()
    # The overview has a small picture of every figure, without the figure and without a script.
    page, _, _ = opened(browser, first, java_script_enabled=False)
    listed = page.locator(".figure-list a:has(.thumbnail :is(img, svg, table))")
    hold(listed.count() == len(figures), f"the overview has {listed.count()} small pictures of {len(figures)} figures")
    hold(not figures or listed.first.is_visible(), "the small pictures are not seen")
    page.context.close()
    for name, href in links:
        page, _, place = href.partition("#")
        known = places.get(page or name)
        hold(known is not None and (not place or place in known), f"{name}: the link to {href} leads nowhere")
    # An address of the report as one page goes on to the page that has the figure.
    anchor, name = list(figures.items())[-1]
    page, _, _ = opened(browser, first)
    page.goto(f"{first.resolve().as_uri()}#{anchor}")
    hold(soon(lambda: page.wait_for_timeout(50) or page.url.endswith(f"{name}#{anchor}")), f"{first.name}#{anchor} goes to {page.url[-60:]}")
    page.context.close()
    return len(pages), len(links)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path, help="built with the formats html and json")
    parser.add_argument("--axe", type=Path, required=True, help="axe.min.js of the package axe-core")
    parser.add_argument("--split", type=Path, help="the page with the overview of a report that was built with --split")
    arguments = parser.parse_args()
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        if os.environ.get("CI"):
            sys.exit("error: Chromium is not installed: apt install chromium")
        print("note: Chromium is not installed, no page was opened")
        return
    from playwright.sync_api import sync_playwright

    import firefox

    firefox_path = firefox.program()
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
            strip_of_figures(browser, file, figures)
            played = films(browser, file)
            linked = superpixels(browser, file)
            behind = photos_behind_cells(browser, file)
            usable = reached_by_keyboard(browser, file)
            printed(browser, file, figures)
            in_other = in_firefox(firefox_path, file, figures) if firefox_path else 0
            print(f"  {figures} figures, {compared} numbers, {usable} places for the keyboard, "
                f"{played} films, {linked} charts of superpixels, {behind} photos behind cells, {in_other} numbers in Firefox")
        if arguments.split:
            print(arguments.split, flush=True)
            pages, links = split_pages(browser, arguments.split, axe)
            print(f"  {pages} pages, {links} links")
        browser.close()
    if firefox_path is None:
        print("note: Firefox 128 or later is not installed, no page was opened in it")
    if faults:
        sys.exit(f"{len(faults)} faults")


if __name__ == "__main__":
    main()
