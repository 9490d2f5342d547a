/* The draft on a handset beside it, as it would be sent, and what must be looked at in its words. */
(() => {
  "use strict";
  if (!window.Draft) return;
  const { say, on, element } = Draft;
  const id = (name) => document.getElementById(name);
  const phone = id("phone");
  const AFTER_MS = 600;
  const AGAIN_MS = 700;
  const WAITS_MAX = 170;
  let look = null;
  let slide = 0;
  let playing = 0;
  let number = "";
  let asked = 0;
  let timer = 0;

  const seen = () => phone.offsetParent !== null;

  function later(ms) { clearTimeout(timer); timer = setTimeout(ask, ms); }

  async function ask(waited = 0) {
    if (!seen() || document.hidden) return;
    const mine = ++asked;
    if (!waited) id("look-state").textContent = look ? say("look_again") : say("look_wait");
    let found;
    try {
      found = await Draft.ask(`${Draft.base}/look`, { form: { handset_class: id("look-class").value, segment: id("look-segment").value, number } });
    } catch (error) { if (mine === asked) id("look-state").textContent = say("offline"); return; }
    if (mine !== asked) return;
    if (found.status !== 200) { id("look-state").textContent = say("look_failed"); return; }
    if (found.data.kind) { unready(found.data); return; }
    if (!found.data.ready) { if (waited < WAITS_MAX) { clearTimeout(timer); timer = setTimeout(() => ask(waited + 1), AGAIN_MS); } else id("look-state").textContent = say("look_failed"); return; }
    show(found.data);
  }

  function unready(data) {
    id("look-state").textContent = data.kind === "reader" ? data.problem : say("look_unready");
    const lines = (data.kind === "reader" ? [] : data.problems || []).slice(0, 5);
    id("moved").replaceChildren(...(lines.length ? [element("ul", { class: "problems quiet-text" }, ...lines.map((one) => element("li", { text: one })))] : []));
    if (look) mark();
  }

  function show(data) {
    look = data;
    slide = Math.min(slide, data.slides.length - 1);
    const screen = id("screen");
    screen.dataset.shape = data.handset_class;
    let image = screen.querySelector("img");
    if (!image) { image = element("img", { id: "slide", alt: "" }); screen.replaceChildren(image); }
    image.width = data.width;
    image.height = data.height;
    id("look-as").hidden = !data.as;
    id("look-as").textContent = data.as ? say("look_as", { who: data.as }) : "";
    id("budget").hidden = false;
    const share = Math.min(1, data.size / data.budget);
    id("budget-fill").setAttribute("width", `${(100 * share).toFixed(1)}%`);
    const kb = (bytes) => (bytes / 1000).toFixed(1);
    id("budget-line").textContent = say("budget_line", { size: kb(data.size), budget: kb(data.budget), share: `${Math.round(100 * share)}%`, handset: data.handset_class }) + (data.readers === null ? "" : ` · ${say("look_readers", { n: data.readers.toLocaleString() })}`);
    const moved = data.moved;
    id("moved").replaceChildren(...(moved.length ? [element("h2", { text: say("moved", { n: moved.length }) }), element("ul", { class: "moved" }, ...moved.map((one) => element("li", {}, element("span", { text: one.title }), element("small", { class: "block", text: say(`moved_${one.what}`) }))))] : [element("p", { class: "quiet-text", text: say("moved_none") })]));
    for (let place = 0; place < Math.min(3, data.slides.length); place++) new Image().src = address(place);
    turn(slide);
    mark();
  }

  const address = (place) => `${Draft.base}/looks/${look.key}/${place + 1}.png`;

  function mark() {
    const old = Draft.dirty.size || (look && look.revision !== Draft.server.revision);
    phone.classList.toggle("older", Boolean(old));
    if (look && old) id("look-state").textContent = say("look_older");
    else if (look) id("look-state").textContent = say("look_now");
  }

  function turn(to) {
    if (!look) return;
    slide = (to + look.slides.length) % look.slides.length;
    const image = id("slide");
    image.src = address(slide);
    image.alt = look.slides[slide].text || say("slide_picture", { n: slide + 1 });
    id("slide-line").textContent = say("slide_line", { n: slide + 1, all: look.slides.length, s: (look.slides[slide].ms / 1000).toFixed(0) });
    if (playing) { clearTimeout(playing); playing = setTimeout(() => turn(slide + 1), look.slides[slide].ms); }
  }

  function play(want) {
    clearTimeout(playing);
    playing = 0;
    id("slide-play").textContent = say(want ? "pause" : "play");
    id("slide-play").setAttribute("aria-pressed", String(want));
    if (want && look) playing = setTimeout(() => turn(slide + 1), look.slides[slide].ms);
  }

  async function hits() {
    let found;
    try { found = await Draft.ask(`${Draft.base}/hits`); } catch (error) { return; }
    if (found.status === 200) Draft.emit("hits", found.data.hits);
  }

  id("slide-before").addEventListener("click", () => { play(false); turn(slide - 1); });
  id("slide-after").addEventListener("click", () => { play(false); turn(slide + 1); });
  id("slide-play").addEventListener("click", () => play(!playing));
  id("look-class").addEventListener("change", () => { slide = 0; ask(); });
  id("look-segment").addEventListener("change", () => { slide = 0; number = ""; ask(); });
  id("look-reader").addEventListener("submit", (event) => { event.preventDefault(); number = event.target.elements.number.value.trim(); slide = 0; ask(); });
  id("slide-line").textContent = "";
  on("saved", () => { later(AFTER_MS); hits(); });
  on("taken", () => { later(AFTER_MS); hits(); });
  on("state", () => { if (look) mark(); });
  on("opened", ({ kind, key }) => {
    if (!look || kind !== "item" || playing) return;
    const title = Draft.parts.get(key)?.front?.title;
    const place = title ? look.slides.findIndex((one) => one.text.includes(title)) : -1;
    if (place >= 0) turn(place);
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && look && look.revision !== Draft.server.revision) later(AFTER_MS); });
  document.addEventListener("DOMContentLoaded", () => { ask(); hits(); });
})();
