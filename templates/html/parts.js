// Parts of a picture that answer to the pointer and to the arrow keys: one is pointed at, one is kept. `partOf` finds the part
// at a place of the picture (0 to 1 from its left and top), `move` the one that an arrow key leads to; `show` marks a part, or none.
const answering = (picture, { label, partOf, move, show, keep }) => {
  picture.tabIndex = 0;
  picture.setAttribute("role", "group");
  picture.setAttribute("aria-label", label);
  picture.classList.add("answering");
  let kept = null;
  const at = (event) => {
    const box = picture.querySelector("svg").getBoundingClientRect();
    const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return place.some((share) => share < 0 || share >= 1) ? null : partOf(...place);
  };
  const set = (part) => {
    kept = part;
    show(part);
    keep?.(part);
  };
  picture.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") show(at(event) ?? kept);
  });
  picture.addEventListener("pointerleave", () => show(kept));
  picture.addEventListener("click", (event) => {
    // Words of a chart can be marked and copied.
    if (event.target.closest("button") || String(getSelection()) !== "") return;
    const part = at(event);
    set(part === kept ? null : part);
  });
  picture.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== picture) return;
    if (event.key === "Escape" && kept !== null) return set(null);
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    set(move(kept, event.key));
  });
  return (part) => {
    kept = part;
    show(part);
  };
};

// `key,x,y,width,height` of each part of a chart, in its px.
const partsOf = (tile) =>
  tile.dataset.parts.split(";").map((text) => {
    const [key, x, y, width, height] = text.split(",").map(Number);
    return { key, x, y, width, height };
  });

// The part at a place of a chart (0 to 1).
const partAt = (parts, svg, x, y) => {
  const { width, height } = svg.viewBox.baseVal;
  const [left, top] = [x * width, y * height];
  return parts.find((part) => left >= part.x && left < part.x + part.width && top >= part.y && top < part.y + part.height) ?? null;
};

// A frame round a part of a chart; none where `part` is null.
const framePart = (svg, part) => {
  svg.querySelector(".part")?.remove();
  if (!part) return;
  const place = { x: part.x + 1, y: part.y + 1, width: part.width - 2, height: part.height - 2, rx: 2 };
  const frame = drawn("g", { class: "part", "data-key": part.key });
  // Light round dark, so that it is seen on a cell of any colour.
  frame.append(drawn("rect", { class: "under", ...place }), drawn("rect", place));
  svg.append(frame);
};
