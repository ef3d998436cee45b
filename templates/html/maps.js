// Maps as the reader wants them: colours, opacity, scale, layers; values under the pointer and by keyboard; the numbers
// as files. Without this script the maps are shown as they are printed.
(() => {
  const LEAST_CELL = 3;
  const stock = document.querySelector(".stock defs");
  const filters = [...stock.querySelectorAll("filter[data-sign]")];

  // Every number of a map, as it was computed, or of large maps its first three digits.
  const known = new Map();
  const valuesOf = (image) => {
    if (!known.has(image.id)) known.set(image.id, unpack(image.dataset.values, "rounded" in image.dataset));
    return known.get(image.id);
  };
  const unpack = async (text, isRounded) => {
    const planes = await inflated(text);
    if (isRounded) {
      const all = planes.length / 3;
      return Float32Array.from({ length: all }, (_, at) => {
        const digits = ((planes[all + at] << 24) >> 16) | planes[at];
        const exponent = (planes[2 * all + at] << 24) >> 24;
        return exponent === 127 ? digits / 0 : Number(`${digits}e${exponent}`);
      });
    }
    const count = planes.length / 4;
    const view = new DataView(new ArrayBuffer(planes.length));
    for (let at = 0; at < count; at += 1) {
      for (let plane = 0; plane < 4; plane += 1) view.setUint8(at * 4 + plane, planes[plane * count + at]);
    }
    return Float32Array.from({ length: count }, (_, at) => view.getFloat32(at * 4, true));
  };

  // The percentile of the sizes, linear between ranks, as the program takes it.
  const endAt = (sizes, percent) => {
    const sorted = Float32Array.from(sizes).sort();
    const last = sorted.length - 1;
    const rank = (last * percent) / 100;
    const [below, above] = [Math.floor(rank), Math.min(Math.floor(rank) + 1, last)];
    const end = sorted[below] + (sorted[above] - sorted[below]) * (rank - below);
    return end > 0 ? end : sorted[last] > 0 ? sorted[last] : 1;
  };

  const level = (value, end, signed, gamma) => {
    if (!Number.isFinite(value)) return signed ? 128 : 0;
    const share = Math.min(Math.abs(value) / end, 1) ** gamma;
    if (signed) return Math.round(255 * (0.5 + 0.5 * Math.sign(value) * share));
    return value > 0 ? Math.round(255 * share) : 0;
  };

  const grey = (levels, columns, rows) => {
    const canvas = made("canvas", { width: columns, height: rows });
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(columns, rows);
    levels.forEach((value, at) => pixels.data.set([value, value, value, 255], at * 4));
    context.putImageData(pixels, 0, 0);
    return canvas.toDataURL("image/png");
  };

  const save = (name, parts) => {
    const address = URL.createObjectURL(new Blob(parts, { type: "application/octet-stream" }));
    made("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  };

  const npy = (values, rows, columns) => {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
    const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
    const head = `\x93NUMPY\x01\x00${String.fromCharCode(length & 255, length >> 8)}${text.padEnd(length - 1)}\n`;
    const data = new DataView(new ArrayBuffer(values.length * 4));
    values.forEach((value, at) => data.setFloat32(at * 4, value, true));
    return [Uint8Array.from(head, (character) => character.charCodeAt(0)), data];
  };

  const explore = (figure) => {
    const tiles = [...figure.querySelectorAll(".tile")].flatMap((element) => {
      const svg = element.querySelector(".layered svg");
      if (!svg) return [];
      const image = document.getElementById(svg.dataset.map);
      const label = element.querySelector(".tile-label");
      const tile = { element, svg, image, label, printed: svg.cloneNode(true) };
      tile.range = label && label.querySelector(".range");
      tile.text = label ? label.firstChild.textContent.trim() : "";
      return [tile];
    });
    const maps = tiles.filter((tile) => tile.image);
    const ofPhoto = (id) => maps.filter((tile) => tile.svg.dataset.photo === id).map((tile) => tile.image.id);
    for (const tile of maps) {
      const photo = tiles.find((other) => !other.image && other.svg.dataset.photo === tile.svg.dataset.photo);
      const alone = new Set(ofPhoto(tile.svg.dataset.photo)).size === 1;
      tile.name = alone && photo ? photo.text : tile.text;
      tile.isFirst = maps.find((other) => other.image === tile.image) === tile;
    }
    const [first] = maps;
    const signed = first.image.dataset.sign === "signed";
    const printed = {
      colours: first.svg.dataset.colours,
      view: "printed",
      opacity: "100",
      divider: "50",
      scale: "shared" in first.image.dataset ? "shared" : "own",
      end: "",
      gamma: first.image.dataset.gamma,
    };
    const state = { ...printed };
    const bar = figure.querySelector(".colour-bar");
    const printedBar = bar && bar.firstElementChild;

    // Colours for other ends or another exponent than the printed ones.
    const rescale = async () => {
      const same = state.scale === printed.scale && state.end === printed.end && state.gamma === printed.gamma;
      if (same) {
        for (const tile of maps) {
          tile.shown = tile.image.id;
          tile.ends = null;
        }
        return null;
      }
      const all = await Promise.all(maps.map((tile) => valuesOf(tile.image)));
      const percent = state.end === "" ? null : Number(state.end);
      const distinct = all.filter((_, index) => maps[index].isFirst);
      const sizes = (arrays) => arrays.flatMap((array) => [...array].map(Math.abs).filter(Number.isFinite));
      let shared = null;
      if (state.scale === "shared") {
        const printedEnds = maps.map((tile) => Number(tile.image.dataset.high));
        shared = percent === null ? Math.max(...printedEnds) : endAt(sizes(distinct), percent);
      }
      maps.forEach((tile, index) => {
        const { columns, rows, high } = tile.image.dataset;
        // A shared scale has to be taken apart from the values; 99 is what maps of a class are printed with.
        const own = () => (percent === null && printed.scale === "own" ? Number(high) : endAt(sizes([all[index]]), percent ?? 100));
        const end = shared ?? own();
        const id = `${tile.image.id}-${figure.id}`;
        let copy = document.getElementById(id);
        if (!copy) {
          copy = tile.image.cloneNode();
          copy.id = id;
          delete copy.dataset.values;
          stock.append(copy);
        }
        const levels = Array.from(all[index], (value) => level(value, end, signed, Number(state.gamma)));
        copy.setAttribute("href", grey(levels, Number(columns), Number(rows)));
        tile.shown = id;
        tile.ends = [signed ? -end : 0, end];
      });
      return shared ?? "own";
    };

    const draw = (tile) => {
      const [width, height] = ["width", "height"].map((side) => Number(tile.printed.getAttribute(side)));
      const view = state.view === "printed" ? tile.printed.dataset.view : state.view;
      const photoImage = document.getElementById(tile.svg.dataset.photo);
      const photo = (attributes) => {
        if (!photoImage) return [];
        const scale = width / Number(photoImage.getAttribute("width"));
        const place = scale === 1 ? {} : { transform: `scale(${scale})` };
        return [drawn("use", { href: `#${photoImage.id}`, ...place, ...attributes })];
      };
      const map = (attributes) =>
        drawn("use", { href: `#${tile.shown}`, opacity: state.opacity / 100, ...attributes });
      // Pixels of a photo are enlarged smoothly: as squares of one or two dots they would make a pattern of their own.
      const hasCells = Number(tile.image.dataset.columns) * LEAST_CELL <= width;
      const alone = { ...(hasCells && { class: "cells" }), filter: `url(#${state.colours})` };
      const over = { filter: `url(#${state.colours}-over)` };
      const parts = {
        photo: () => photo({}),
        map: () => [map({ ...alone, opacity: 1 })],
        overlay: () => [...photo({ filter: "url(#pale)" }), map(over)],
        side: () => [...photo({}), map({ ...alone, opacity: 1, x: width + 6 })],
        slider: () => [
          ...photo({}),
          map({ ...alone, "clip-path": `inset(0 0 0 ${state.divider}%)` }),
          drawn("rect", { class: "divider", x: (width * state.divider) / 100 - 1, width: 2, height }),
        ],
      };
      const wide = view === "side" ? width * 2 + 6 : width;
      tile.svg.setAttribute("viewBox", `0 0 ${wide} ${height}`);
      tile.svg.setAttribute("width", wide);
      tile.svg.replaceChildren(...parts[view]());
      tile.offset = view === "side" ? width + 6 : 0;
      tile.size = [width, height];
    };

    const drawBar = (shared) => {
      if (!bar) return;
      const same = shared === null && state.colours === printed.colours;
      if (same) return void bar.replaceChildren(printedBar);
      const quantity = printedBar.querySelector("text");
      const ends = maps[0].ends ?? [Number(maps[0].image.dataset.low), Number(maps[0].image.dataset.high)];
      const texts = state.scale === "own" ? ["min", "max"] : ends.map(number);
      const ramp = Array.from({ length: 256 }, (_, at) => {
        const value = signed ? at / 127.5 - 1 : at / 255;
        return level(value, 1, signed, Number(state.gamma));
      });
      const text = (content, x, y) => {
        const element = drawn("text", { x, y, "text-anchor": "middle", "font-size": 12, fill: "currentColor" });
        element.textContent = content;
        return element;
      };
      const svg = drawn("svg", { width: 296, height: 52, viewBox: "0 0 296 52", role: "img" });
      svg.setAttribute("aria-label", printedBar.querySelector("svg")?.getAttribute("aria-label") ?? "");
      svg.append(
        text(quantity ? quantity.textContent : "", 148, 13),
        drawn("image", { href: grey(ramp, 256, 1), x: 28, y: 20, width: 240, height: 12, preserveAspectRatio: "none", filter: `url(#${state.colours})` }),
        text(texts[0], 28, 48),
        text(texts[1], 268, 48),
      );
      if (signed) svg.append(text("0", 148, 48));
      bar.replaceChildren(made("span", { className: "picture" }, svg));
    };

    const show = async () => {
      const shared = await rescale();
      for (const tile of tiles) {
        tile.element.hidden = state.view !== "printed" && !(tile.image && tile.isFirst);
        if (tile.element.hidden) continue;
        if (tile.image) draw(tile);
        if (!tile.image || !tile.label) continue;
        const label = state.view === "printed" ? tile.text : tile.name;
        tile.label.firstChild.textContent = label + " ";
        const ends = state.scale === "own" ? (tile.ends ?? null) : null;
        if (!tile.range && ends) {
          tile.range = made("span", { className: "range" });
          tile.label.append(tile.range);
        }
        if (!tile.range) continue;
        tile.printedRange ??= tile.range.textContent;
        const asPrinted = state.scale === "own" ? tile.printedRange : "";
        tile.range.textContent = ends ? `[${ends.map(number).join(", ")}]` : asPrinted;
      }
      drawBar(shared);
    };

    // The settings.
    const inputs = {};
    const change = (key, value) => {
      state[key] = value;
      figure.dataset.view = state.view;
      inputs.divider.parentElement.hidden = state.view !== "slider";
      inputs.opacity.parentElement.hidden = !["printed", "overlay", "slider"].includes(state.view);
      share(figure.id, Object.fromEntries(Object.entries(state).filter(([name, set]) => set !== printed[name])));
      show();
    };
    const setting = (key, label, input) => {
      inputs[key] = input;
      input.value = state[key];
      input.addEventListener("input", () => change(key, input.value));
      return made("label", {}, made("span", { textContent: label }), input);
    };
    const choice = (pairs) => {
      const options = pairs.map(([value, text]) => made("option", { value, textContent: text }));
      return made("select", {}, ...options);
    };
    const named = (filter) => [filter.id, words[`colours_${filter.id}`]];
    const colours = filters.filter((filter) => filter.dataset.sign === (signed ? "signed" : "unsigned") && `colours_${filter.id}` in words);
    const views = ["printed", "map", "overlay", "side", "slider"].map((view) => [view, words[`view_${view}`]]);
    const range = (min, max) => made("input", { type: "range", min, max, step: 1 });
    const ends = [["", words.view_printed], ...[90, 95, 98, 99, 99.5, 99.9, 100].map((end) => [String(end), String(end)])];
    const gammas = [...new Set([printed.gamma, "0.3", "0.5", "0.7", "1"])].sort().map((gamma) => [gamma, gamma]);
    const reset = made("button", { type: "button", textContent: words.reset });
    const files = maps.filter((tile) => tile.isFirst).map((tile) => {
      const button = made("button", { type: "button", className: "link", textContent: say("rounded" in tile.image.dataset ? "download_npy_rounded" : "download_npy", { name: tile.name }) });
      button.addEventListener("click", async () => {
        const { columns, rows } = tile.image.dataset;
        save(`${figure.id}-${tile.image.id}.npy`, npy(await valuesOf(tile.image), Number(rows), Number(columns)));
      });
      return made("li", {}, button);
    });
    const settings = made(
      "details",
      { className: "settings" },
      made("summary", { textContent: words.view_settings }),
      made(
        "div",
        { className: "fields" },
        setting("view", words.view, choice(views)),
        setting("colours", words.colour_map, choice(colours.map(named))),
        setting("scale", words.scale, choice([["own", words.scale_own], ["shared", words.scale_shared]])),
        setting("end", words.scale_end, choice(ends)),
        setting("gamma", words.gamma, choice(gammas)),
        setting("opacity", words.opacity, range(0, 100)),
        setting("divider", words.divider, range(0, 100)),
        reset,
      ),
      made("ul", { className: "files" }, ...files),
    );
    inputs.divider.parentElement.hidden = true;
    reset.addEventListener("click", () => apply({}));
    figure.querySelector("figcaption").after(settings);

    const apply = (wanted) => {
      Object.assign(state, printed);
      for (const [key, value] of Object.entries(wanted)) {
        const input = inputs[key];
        const allowed = input && (input.tagName === "SELECT" ? [...input.options].some((option) => option.value === value) : /^\d{1,3}$/.test(value));
        if (allowed) state[key] = value;
      }
      for (const [key, input] of Object.entries(inputs)) input.value = state[key];
      change("view", state.view);
    };

    // Values under the pointer, and by keyboard on the focused picture.
    const reading = made("output", { className: "reading", textContent: words.probe_hint });
    figure.querySelector(".grid").after(reading);
    const probe = async (tile, column, row) => {
      const values = await valuesOf(tile.image);
      const [columns, rows] = [Number(tile.image.dataset.columns), Number(tile.image.dataset.rows)];
      const value = values[row * columns + column];
      const rank = values.reduce((above, other) => above + (other > value ? 1 : 0), 1);
      const place = { name: tile.name, column: column + 1, row: row + 1 };
      reading.textContent = Number.isFinite(value)
        ? say("cell_value", { ...place, value: number(value), rank, cells: values.length })
        : say("cell_none", place);
      reading.dataset.exact = String(value);
      for (const other of maps) other.svg.querySelector(".cell")?.remove();
      const [width, height] = tile.size;
      const side = [width / columns, height / rows];
      // Cells smaller than this would not be seen.
      const least = width / 40;
      const [wide, high] = side.map((length) => Math.max(length, least));
      const [x, y] = [column * side[0] + (side[0] - wide) / 2, row * side[1] + (side[1] - high) / 2];
      tile.svg.append(drawn("rect", { class: "cell", x: x + tile.offset, y, width: wide, height: high }));
    };
    for (const tile of maps) {
      draw(Object.assign(tile, { shown: tile.image.id }));
      const [columns, rows] = [Number(tile.image.dataset.columns), Number(tile.image.dataset.rows)];
      let at = [Math.floor(columns / 2), Math.floor(rows / 2)];
      tile.svg.addEventListener("pointermove", (event) => {
        const box = tile.svg.getBoundingClientRect();
        const scale = tile.svg.viewBox.baseVal.width / box.width;
        const x = ((event.clientX - box.left) * scale) % (tile.size[0] + 6);
        const y = (event.clientY - box.top) * scale;
        const cell = (place, size, count) => Math.min(count - 1, Math.max(0, Math.floor((place / size) * count)));
        at = [cell(x, tile.size[0], columns), cell(y, tile.size[1], rows)];
        probe(tile, ...at);
      });
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const opener = tile.svg.closest("button");
      opener?.addEventListener("keydown", (event) => {
        const move = moves[event.key];
        if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const step = event.shiftKey ? 10 : 1;
        const moved = (place, by, count) => Math.min(count - 1, Math.max(0, place + by * step));
        at = [moved(at[0], move[0], columns), moved(at[1], move[1], rows)];
        probe(tile, ...at);
      });
    }
    return apply;
  };

  for (const figure of document.querySelectorAll("figure.maps")) {
    const apply = explore(figure);
    views.set(figure.id, (wanted) => {
      apply(wanted);
      figure.querySelector(".settings").open = true;
    });
  }
})();
