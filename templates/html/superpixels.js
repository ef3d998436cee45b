// A superpixel lights up its bar, and a bar its superpixel.
(() => {
  // The border of a superpixel as lines along the edges of pixels.
  const outline = ({ labels, columns, rows }, segment) => {
    const is = (x, y) => x >= 0 && y >= 0 && x < columns && y < rows && labels[y * columns + x] === segment;
    const lines = [];
    const runs = (length, across, isEdge, write) => {
      for (let line = 0; line <= across; line += 1) {
        for (let at = 0, from = -1; at <= length; at += 1) {
          const edge = at < length && isEdge(line, at);
          if (edge && from < 0) from = at;
          if (!edge && from >= 0) {
            lines.push(write(line, from, at - from));
            from = -1;
          }
        }
      }
    };
    runs(columns, rows, (y, x) => is(x, y) !== is(x, y - 1), (y, x, length) => `M${x} ${y}h${length}`);
    runs(rows, columns, (x, y) => is(x, y) !== is(x - 1, y), (x, y, length) => `M${x} ${y}v${length}`);
    return lines.join("");
  };

  // Unpacked when they come into view: of 200 photos that is a second.
  const waiting = new Map();
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      waiting.get(entry.target)();
    }
  }, { rootMargin: "300px" });

  const link = (photoTiles, chartTile) => {
    const first = photoTiles.find((tile) => tile.dataset.segments);
    const [columns, rows] = [Number(first.dataset.columns), Number(first.dataset.rows)];
    let labels = null;
    const unpack = async () => {
      const bytes = await inflated(first.dataset.segments);
      const pixels = columns * rows;
      labels = Uint16Array.from({ length: pixels }, (_, at) => bytes[at] | (bytes[pixels + at] << 8));
    };
    let unpacked = null;
    const load = () => (unpacked ??= unpack());
    for (const tile of [first, chartTile]) {
      waiting.set(tile, load);
      seen.observe(tile);
    }
    const parts = partsOf(chartTile);
    const charts = chartTile.closest("figure");
    const index = [...charts.querySelectorAll(".tile")].indexOf(chartTile);
    const table = charts.querySelectorAll(".numbers table")[index];
    const names = parts.map((_, row) => [...table.tBodies[0].rows[row].cells].map((cell) => cell.textContent));
    const chart = chartTile.querySelector(".picture");
    const photos = photoTiles.map((tile) => tile.querySelector(".picture"));

    let shown = null;
    const light = (segment) => {
      if (segment !== shown) return;
      const path = segment === null ? null : outline({ labels, columns, rows }, segment);
      for (const photo of photos) {
        const svg = photo.querySelector("svg");
        svg.querySelector(".lit")?.remove();
        if (path === null) continue;
        const { width, height } = svg.viewBox.baseVal;
        const lit = drawn("g", { class: "lit", transform: `scale(${width / columns} ${height / rows})` });
        lit.append(drawn("path", { class: "under", d: path }), drawn("path", { d: path }));
        svg.append(lit);
      }
    };
    const show = (segment) => {
      if (segment === shown) return;
      shown = segment;
      const bar = parts.findIndex((part) => part.key === segment);
      load().then(() => light(segment));
      framePart(chart.querySelector("svg"), parts[bar]);
      for (const reading of readings) {
        if (segment === null) reading.textContent = reading.dataset.hint;
        else if (bar < 0) reading.textContent = say("superpixel_without_bar", { number: segment + 1 });
        else reading.textContent = say("superpixel_value", { name: names[bar][0], value: number(Number(names[bar][1])) });
      }
    };
    const readingOf = (figure, hint) => {
      const reading = figure.querySelector(".reading") ?? made("output", { className: "reading", textContent: hint });
      reading.dataset.hint = hint;
      figure.querySelector(".grid").after(reading);
      return reading;
    };
    const readings = [readingOf(photoTiles[0].closest("figure"), words.superpixels_hint), readingOf(charts, words.bars_hint)];
    // Only what the reader is at is read out.
    const speaks = (reading) => readings.forEach((each) => each.setAttribute("aria-live", each === reading ? "polite" : "off"));

    const order = parts.map((part) => part.key);
    const move = (segment, key) => {
      const at = order.indexOf(segment);
      const by = key === "ArrowDown" || key === "ArrowRight" ? 1 : -1;
      return order[at < 0 ? 0 : Math.min(Math.max(at + by, 0), order.length - 1)];
    };
    const sets = [];
    const answer = (picture, reading, label, partOf) => {
      picture.addEventListener("focus", () => speaks(reading));
      const id = picture.closest("figure").id;
      const keep = (segment) => {
        sets.forEach((set) => set(segment));
        share(id, segment === null ? {} : { photo: index + 1, superpixel: segment + 1 });
      };
      sets.push(answering(picture, { label, partOf, move, show, keep }));
    };
    const segmentAt = (x, y) => labels?.[Math.floor(y * rows) * columns + Math.floor(x * columns)] ?? null;
    for (const photo of photos) answer(photo, readings[0], words.superpixels_hint, segmentAt);
    const barAt = (x, y) => partAt(parts, chart.querySelector("svg"), x, y)?.key ?? null;
    answer(chart, readings[1], words.bars_hint, barAt);
    return async (superpixel) => {
      const segment = Number(superpixel) - 1;
      await load();
      if (labels.includes(segment)) sets.forEach((set) => set(segment));
    };
  };

  for (const figures of document.querySelectorAll(".figures")) {
    const charts = [...figures.querySelectorAll(".tile[data-parts][data-group]")];
    const linked = charts.map((chart) => {
      const photos = [...figures.querySelectorAll(`.tile[data-group="${chart.dataset.group}"]:not([data-parts])`)];
      return photos.some((photo) => photo.dataset.segments) && photos.every((photo) => photo.querySelector("svg")) ? link(photos, chart) : null;
    });
    if (!charts.length) continue;
    const view = ({ photo, superpixel }) => linked[Number(photo) - 1]?.(superpixel);
    for (const figure of figures.querySelectorAll("figure:has([data-group])")) views.set(figure.id, view);
  }
})();
