// The photos in a cell of a confusion matrix.
(() => {
  const open = (tile, number_) => {
    const figure = tile.closest("figure");
    const picture = tile.querySelector(".picture");
    const svg = picture.querySelector("svg");
    const parts = partsOf(tile);
    const [sheetWidth, sheetHeight, width, height] = tile.dataset.sheetSize.split(",").map(Number);
    const photos = JSON.parse(tile.dataset.photos).map(([key, name], at) => {
      const across = sheetWidth / width;
      return { key, name, x: (at % across) * width, y: Math.floor(at / across) * height };
    });
    const id = `${figure.id}-photos-${number_}`;
    document.querySelector(".stock defs").append(drawn("image", { id, width: sheetWidth, height: sheetHeight, href: tile.dataset.sheet }));
    const thumbnail = ({ name, x, y }) => {
      const image = drawn("svg", { viewBox: `${x} ${y} ${width} ${height}`, width: width * 1.5, height: height * 1.5, "aria-hidden": "true" });
      image.append(drawn("use", { href: `#${id}` }));
      return made("li", {}, image, made("span", { textContent: name }));
    };

    const table = figure.querySelector(".numbers table");
    const heads = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));
    const title = made("p", {});
    const list = made("ul", {});
    const behind = made("div", { className: "behind" }, title, list);
    behind.setAttribute("aria-live", "polite");
    figure.querySelector(".colour-bar").after(behind);

    let shown;
    const show = (part) => {
      if (part === shown) return;
      shown = part;
      framePart(svg, part);
      list.replaceChildren();
      if (!part) return void (title.textContent = words.cells_hint);
      const [row, column] = [Math.floor(part.key / heads.length), part.key % heads.length];
      title.textContent = say("cell_count", { truth: rows[row][0], predicted: heads[column], count: rows[row][column + 1] });
      list.append(...photos.filter((photo) => photo.key === part.key).map(thumbnail));
    };
    // To the nearest cell with photos in the direction of the key, in the same row or column where there is one.
    const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = (part, key) => {
      if (!part) return parts[0];
      const [right, down] = directions[key];
      const distance = (other) => {
        const [x, y] = [other.x - part.x, other.y - part.y];
        const [along, aside] = right ? [x * right, Math.abs(y)] : [y * down, Math.abs(x)];
        return along > 0 ? along + 100 * aside : Infinity;
      };
      const nearest = parts.reduce((best, other) => (distance(other) < distance(best) ? other : best), part);
      return nearest;
    };
    const partOf = (x, y) => partAt(parts, svg, x, y);
    const keep = (part) => share(figure.id, part ? { cell: part.key + 1 } : {});
    const set = answering(picture, { label: words.cells_hint, partOf, move, show, keep });
    show(null);
    views.set(figure.id, ({ cell }) => set(parts.find((part) => part.key + 1 === Number(cell)) ?? null));
  };
  document.querySelectorAll(".tile[data-sheet]").forEach(open);
})();
