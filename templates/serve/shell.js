// The report in a frame, so that its bytes are those on the disk; loaded again after each build.
const frame = document.getElementById("report");
const status = document.getElementById("status");
const faults = document.getElementById("faults");
const text = faults.querySelector("pre");
const EVERY_MS = 400;
let shown = null; // version that the frame shows
let told = ""; // faults that are on the page, or were hidden by the reader

faults.querySelector("button").addEventListener("click", () => { faults.hidden = true; });

frame.addEventListener("load", () => {
  const inside = frame.contentWindow;
  if (!inside.location.href.startsWith(location.origin)) return;
  document.title = inside.document.title || document.title;
  inside.addEventListener("hashchange", () => history.replaceState(null, "", inside.location.hash || "/"));
});

function show(state) {
  status.textContent = state.building ? "building…" : "";
  if (state.faults !== told) {
    told = state.faults;
    text.textContent = told;
    faults.hidden = told === "";
  }
  if (state.page && state.version !== shown) {
    if (shown === null) frame.src = "/" + encodeURIComponent(state.page) + location.hash;
    else frame.contentWindow.location.reload();
    shown = state.version;
  }
}

async function look() {
  try {
    const answer = await fetch("/_serve/state", { cache: "no-store" });
    show(await answer.json());
  } catch {
    status.textContent = "cnn-report serve has ended";
  }
  setTimeout(look, EVERY_MS);
}
look();
