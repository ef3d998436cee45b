// The stages of a picture as a film: a slider, and a button that plays them. The contact sheet stays below.
(() => {
  const FRAME_MS = 280;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const film = (figure) => {
    const tiles = [...figure.querySelectorAll(".tile")];
    const names = tiles.map((tile) => tile.querySelector(".tile-label")?.textContent.trim() ?? "");
    const last = tiles.length - 1;
    const stage = made("div", { className: "film-stage" });
    const slider = made("input", { type: "range", min: 0, max: last, step: 1, value: last });
    slider.setAttribute("aria-label", words.frame);
    const button = made("button", { type: "button", textContent: words.play });
    const name = made("output", {});
    figure.querySelector(".grid").before(made("div", { className: "film" }, stage, made("div", { className: "film-controls" }, button, slider, name)));

    // Copies lie on each other, so that a step shows a picture that is decoded already.
    const copies = tiles.map(() => null);
    const copy = (at) => {
      if (!copies[at]) {
        copies[at] = tiles[at].querySelector(".picture img, .picture svg").cloneNode(true);
        copies[at].removeAttribute("loading");
        stage.append(copies[at]);
      }
      return copies[at];
    };
    let timer = null;
    const show = (at) => {
      copy(at);
      copies.forEach((each, index) => each?.classList.toggle("shown", index === at));
      tiles.forEach((tile, index) => tile.classList.toggle("current", index === at));
      slider.value = at;
      name.textContent = say("frame_of", { name: names[at], number: at + 1, count: tiles.length });
      slider.setAttribute("aria-valuetext", name.textContent);
    };
    const halt = () => {
      clearInterval(timer);
      timer = null;
      button.textContent = words.play;
      name.setAttribute("aria-live", "polite");
    };
    const settle = () => share(figure.id, { frame: Number(slider.value) + 1 });
    const play = () => {
      tiles.forEach((_, index) => copy(index));
      // Twenty steps a few moments apart are no news for a screen reader.
      name.setAttribute("aria-live", "off");
      button.textContent = words.pause;
      if (Number(slider.value) === last) show(0);
      timer = setInterval(() => {
        show(Number(slider.value) + 1);
        if (Number(slider.value) < last) return;
        halt();
        settle();
      }, FRAME_MS);
    };
    button.addEventListener("click", () => {
      if (timer === null) return play();
      halt();
      settle();
    });
    slider.addEventListener("input", () => {
      halt();
      show(Number(slider.value));
      settle();
    });
    // Who wants no motion moves the slider.
    const place = () => {
      halt();
      button.hidden = calm.matches;
    };
    calm.addEventListener("change", place);
    place();
    show(last);
    views.set(figure.id, ({ frame }) => {
      if (!/^\d{1,4}$/.test(frame ?? "")) return;
      halt();
      show(Math.min(Math.max(Number(frame) - 1, 0), last));
    });
  };
  document.querySelectorAll("figure.frames").forEach(film);
})();
