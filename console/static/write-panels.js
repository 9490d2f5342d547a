/* The panels of a comic's page: found by themselves first, then drawn and corrected with the mouse, the keys or by numbers. */
(() => {
  "use strict";
  if (!window.Draft) return;
  const { say, element, put } = Draft;
  const SVG = "http://www.w3.org/2000/svg";
  const LEAST_PX = 16;
  const found = new Map();

  async function look(sha256) {
    const reading = Draft.get("head").reading || "ltr";
    const key = `${sha256}:${reading}`;
    if (!found.has(key)) {
      const made = await Draft.ask(`/editions/${Draft.edition}/pictures/${sha256}/panels?reading=${reading}`);
      if (made.status !== 200) { Draft.tell("panels", "failed", made.data.problem || say("offline")); return null; }
      found.set(key, made.data);
    }
    return found.get(key);
  }

  Draft.showPage = (place) => {
    const page = (Draft.get("pages") || [])[place];
    if (!page) return null;
    const sha256 = Draft.parts.get(page.image)?.sha256;
    const stage = element("div", { class: "panel-stage", id: "panel-stage" });
    const list = element("ol", { class: "panel-list", id: "panel-list" });
    const again = element("button", { type: "button", text: say("panels_find"), onclick: () => { put("pages", (all) => { delete all[place].panels; }); start(); } });
    const state = element("p", { class: "quiet-text", id: "panels-state", text: say("panels_wait") });
    let boxes = [];
    let size = [1, 1];
    let chosen = -1;

    const keep = () => { put("pages", (all) => { all[place].panels = boxes.map((one) => [...one]); }); draw(); };

    async function start() {
      const made = sha256 ? await look(sha256) : null;
      if (!made || Draft.shown?.key !== place) return;
      size = made.size;
      const named = (Draft.get("pages") || [])[place]?.panels;
      boxes = (named || made.panels).map((one) => [...one]);
      state.textContent = say(named ? "panels_named" : "panels_found", { n: boxes.length });
      draw();
    }

    function shape(name, values) {
      const made = document.createElementNS(SVG, name);
      Object.entries(values).forEach(([key, value]) => made.setAttribute(key, String(value)));
      return made;
    }

    function draw() {
      const [width, height] = size;
      const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, class: "panels", role: "group", "aria-label": say("panels"), tabindex: 0 });
      const unit = Math.max(width, height) / 100;
      svg.append(shape("image", { href: Draft.pictureSource(page.image, 1280), width, height }));
      boxes.forEach(([x, y, wide, high], at) => {
        const group = shape("g", { class: at === chosen ? "panel chosen" : "panel", "data-panel": at });
        group.append(shape("rect", { x, y, width: wide, height: high, class: "panel-box", "vector-effect": "non-scaling-stroke" }));
        const tag = shape("text", { x: x + 1.2 * unit, y: y + 4.6 * unit, "font-size": 4 * unit, class: "panel-number" });
        tag.textContent = String(at + 1);
        group.append(shape("rect", { x: x + 0.4 * unit, y: y + 0.6 * unit, width: (String(at + 1).length * 2.4 + 2) * unit, height: 5.2 * unit, class: "panel-tag" }), tag);
        if (at === chosen) {
          for (const [side, cx, cy] of [["nw", x, y], ["ne", x + wide, y], ["sw", x, y + high], ["se", x + wide, y + high]]) {
            group.append(shape("rect", { x: cx - 1.4 * unit, y: cy - 1.4 * unit, width: 2.8 * unit, height: 2.8 * unit, class: "panel-handle", "data-side": side }));
          }
        }
        svg.append(group);
      });
      stage.replaceChildren(svg);
      svg.addEventListener("pointerdown", begin);
      svg.addEventListener("keydown", keys);
      list.replaceChildren(...boxes.map((box, at) => element("li", { "aria-current": at === chosen ? "true" : null },
        element("button", { type: "button", class: "panel-pick", text: say("panel_n", { n: at + 1 }), onclick: () => { chosen = at; draw(); } }),
        ...["cut_x", "cut_y", "cut_width", "cut_height"].map((name, side) => element("input", { type: "number", min: 0, "aria-label": `${say("panel_n", { n: at + 1 })} ${say(name)}`, value: String(box[side]), onchange: (event) => { boxes[at][side] = Math.round(Number(event.target.value)) || 0; boxes[at] = inside(boxes[at]); chosen = at; keep(); } })),
        element("span", { class: "movers" },
          element("button", { type: "button", class: "mover", "aria-label": say("move_up", { name: say("panel_n", { n: at + 1 }) }), text: "↑", disabled: at === 0, onclick: () => { boxes.splice(at - 1, 0, boxes.splice(at, 1)[0]); chosen = at - 1; keep(); } }),
          element("button", { type: "button", class: "mover", "aria-label": say("move_down", { name: say("panel_n", { n: at + 1 }) }), text: "↓", disabled: at === boxes.length - 1, onclick: () => { boxes.splice(at + 1, 0, boxes.splice(at, 1)[0]); chosen = at + 1; keep(); } }),
          element("button", { type: "button", class: "mover", "aria-label": say("panel_gone", { n: at + 1 }), text: "×", onclick: () => { boxes.splice(at, 1); chosen = -1; keep(); } })))));
    }

    const inside = ([x, y, wide, high]) => {
      const left = Math.max(0, Math.min(size[0] - LEAST_PX, Math.round(x)));
      const top = Math.max(0, Math.min(size[1] - LEAST_PX, Math.round(y)));
      return [left, top, Math.max(LEAST_PX, Math.min(size[0] - left, Math.round(wide))), Math.max(LEAST_PX, Math.min(size[1] - top, Math.round(high)))];
    };

    function begin(event) {
      const svg = event.currentTarget;
      const at = (one) => { const box = svg.getBoundingClientRect(); return [(one.clientX - box.left) * size[0] / box.width, (one.clientY - box.top) * size[1] / box.height]; };
      const [x0, y0] = at(event);
      const group = event.target.closest("[data-panel]");
      const side = event.target.dataset.side;
      let place_ = group ? Number(group.dataset.panel) : -1;
      const before = place_ >= 0 ? [...boxes[place_]] : null;
      let moved = false;
      event.preventDefault();
      svg.focus();
      const move = (one) => {
        const [x, y] = at(one);
        if (!moved && Math.hypot(x - x0, y - y0) < size[0] / 200) return;
        moved = true;
        if (place_ < 0) { boxes.push([x0, y0, 0, 0]); place_ = boxes.length - 1; }
        if (!before) boxes[place_] = inside([Math.min(x, x0), Math.min(y, y0), Math.abs(x - x0), Math.abs(y - y0)]);
        else if (!side) boxes[place_] = inside([Math.min(before[0] + x - x0, size[0] - before[2]), Math.min(before[1] + y - y0, size[1] - before[3]), before[2], before[3]]);
        else {
          const [left, top, right, bottom] = [before[0], before[1], before[0] + before[2], before[1] + before[3]];
          const [l, r] = side.endsWith("w") ? [Math.min(x, right - LEAST_PX), right] : [left, Math.max(x, left + LEAST_PX)];
          const [t, b] = side.startsWith("n") ? [Math.min(y, bottom - LEAST_PX), bottom] : [top, Math.max(y, top + LEAST_PX)];
          boxes[place_] = inside([l, t, r - Math.max(0, l), b - Math.max(0, t)]);
        }
        const rect = stage.querySelector(`[data-panel="${place_}"] .panel-box`);
        if (rect) ["x", "y", "width", "height"].forEach((name, n) => rect.setAttribute(name, boxes[place_][n])); else draw();
      };
      const end = () => {
        window.removeEventListener("pointermove", move);
        window.removeEventListener("pointerup", end);
        chosen = place_;
        if (moved) keep(); else draw();
        stage.querySelector("svg")?.focus();
      };
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", end);
    }

    function keys(event) {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (chosen < 0) return;
      if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); boxes.splice(chosen, 1); chosen = -1; keep(); } else if (steps[event.key]) {
        event.preventDefault();
        const [dx, dy] = steps[event.key].map((one) => one * Math.max(1, Math.round(size[0] / 200)));
        const [x, y, wide, high] = boxes[chosen];
        boxes[chosen] = inside(event.shiftKey ? [x, y, wide + dx, high + dy] : [Math.min(x + dx, size[0] - wide), Math.min(y + dy, size[1] - high), wide, high]);
        keep();
      } else return;
      stage.querySelector("svg")?.focus();
    }

    queueMicrotask(start);
    return [element("h2", { text: say("page_n", { n: place + 1 }) }), state, stage, element("p", { class: "quiet-text wide-only", text: say("panels_how") }), list,
      element("p", { class: "part-acts" }, again, element("button", { type: "button", class: "quiet", text: say("take_away_page"), onclick: () => { put("pages", (all) => all.splice(place, 1)); Draft.open("head", "head"); Draft.redraw(); } }))];
  };
})();
