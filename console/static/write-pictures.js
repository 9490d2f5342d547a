/* Pictures of a draft: dropped in, chosen, cut; by the mouse and by numbers. */
(() => {
  "use strict";
  if (!window.Draft) return;
  const { say, element } = Draft;
  const files = document.getElementById("files");
  const BYTES_MAX = 32000000;
  let chosen = null;

  async function upload(file, folder) {
    if (file.size > BYTES_MAX) { Draft.tell("picture", "failed", say("picture_too_large", { name: file.name })); return null; }
    let found;
    try {
      found = await Draft.ask(`/editions/${Draft.edition}/pictures?folder=${folder}`, { body: file, type: "application/octet-stream", headers: { "X-Huabao-File": encodeURIComponent(file.name) } });
    } catch (error) { found = { status: 0, data: {} }; }
    if (found.status !== 200) { Draft.tell("picture", "failed", found.data.problem || say(found.status === 401 ? "signed_out" : "offline")); return null; }
    Draft.set(found.data.name, { sha256: found.data.sha256 });
    return found.data;
  }

  async function uploadAll(given, folder, done) {
    const made = [];
    for (const file of given) { const one = await upload(file, folder); if (one) made.push(one); }
    if (made.length) { done(made); Draft.redraw(); }
  }

  Draft.choosePictures = (folder, done, several = true) => { chosen = { folder, done }; files.multiple = several; files.value = ""; files.click(); };
  files.addEventListener("change", () => { if (chosen) uploadAll([...files.files], chosen.folder, chosen.done); });

  const source = (path, px) => { const found = Draft.parts.get(path); return found && found.sha256 ? `/editions/${Draft.edition}/pictures/${found.sha256}?px=${px}` : ""; };
  Draft.pictureSource = source;

  /* A picture's place: drop one, choose one, cut it, take it away. */
  Draft.pictureField = (label, path, write, folder, { lasting = false } = {}) => {
    const take = (made) => { write(made[0].name); const { kind, key } = Draft.shown; Draft.open(kind, kind === "item" && lasting ? made[0].name : key); };
    const box = element("div", { class: "picture-field", role: "group", "aria-label": label });
    const shown = path && source(path, 640);
    box.append(element("span", { class: "picture-label", text: label }));
    if (shown) box.append(element("img", { src: shown, alt: path, class: "picture-shown" }));
    else box.append(element("p", { class: "quiet-text picture-drop", text: say("drop_here") }));
    const acts = element("p", { class: "part-acts" }, element("button", { type: "button", class: "small-button choose-picture", text: say(shown ? "other_picture" : "choose_picture"), onclick: () => Draft.choosePictures(folder, take, false) }));
    if (shown) {
      acts.append(element("button", { type: "button", class: "small-button cut-picture wide-only", text: say("cut"), onclick: () => openCut(path, folder, take) }));
      const whole = Draft.parts.get(path).of;
      if (whole && Draft.parts.has(whole)) acts.append(element("button", { type: "button", class: "small-button", text: say("uncut"), onclick: () => take([{ name: whole }]) }));
      if (!lasting) acts.append(element("button", { type: "button", class: "small-button", text: say("no_picture"), onclick: () => { write(null); Draft.open(Draft.shown.kind, Draft.shown.key); } }));
    }
    box.append(acts);
    box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("dropping"); });
    box.addEventListener("dragleave", () => box.classList.remove("dropping"));
    box.addEventListener("drop", (event) => { event.preventDefault(); box.classList.remove("dropping"); uploadAll([...event.dataTransfer.files].slice(0, 1), folder, take); });
    return box;
  };

  const RATIOS = [["0", "ratio_free"], ["1.5", "3:2"], ["1.3333333", "4:3"], ["1", "1:1"], ["0.75", "3:4"]];

  /* Cut: of the whole picture, so that a cut can be changed later. */
  async function openCut(path, folder, take) {
    const given = Draft.parts.get(path);
    const whole = given.of && Draft.parts.has(given.of) ? given.of : path;
    const image = new Image();
    image.src = source(whole, 1280);
    image.alt = whole;
    await image.decode().catch(() => null);
    const size = await Draft.ask(`/editions/${Draft.edition}/pictures/${Draft.parts.get(whole).sha256}/size`);
    if (size.status !== 200) { Draft.tell("picture", "failed", size.data.problem || say("offline")); return; }
    const [width, height] = size.data.size;
    const box = given.box && whole !== path ? [...given.box] : [0, 0, width, height];
    const numbers = ["x", "y", "width", "height"].map((name, place) => element("input", { type: "number", min: 0, max: place % 2 ? height : width, "aria-label": say(`cut_${name}`), value: String(box[place]), oninput: fromNumbers }));
    const stage = element("div", { class: "cut-stage" });
    let typed = true;
    const ratio = element("select", { "aria-label": say("ratio"), onchange: () => { selection.aspectRatio = Number(ratio.value) || NaN; } });
    RATIOS.forEach(([value, text]) => ratio.append(element("option", { value, text: text.includes(":") ? text : say(text) })));
    const scale = Math.min(640 / width, 420 / height, 1);
    const [across, down] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
    const canvas = document.createElement("cropper-canvas");
    canvas.style.width = `${across}px`;
    canvas.style.height = `${down}px`;
    image.className = "cut-image";
    const shade = document.createElement("cropper-shade");
    const selection = document.createElement("cropper-selection");
    selection.setAttribute("movable", "");
    selection.setAttribute("resizable", "");
    selection.setAttribute("outlined", "");
    for (const action of ["move", "n-resize", "e-resize", "s-resize", "w-resize", "ne-resize", "nw-resize", "se-resize", "sw-resize"]) {
      const handle = document.createElement("cropper-handle");
      handle.setAttribute("action", action);
      if (action === "move") handle.setAttribute("theme-color", "rgba(255, 255, 255, 0.15)");
      selection.append(handle);
    }
    const back = document.createElement("div");
    back.className = "cut-back";
    back.style.width = canvas.style.width;
    back.style.height = canvas.style.height;
    back.append(image);
    canvas.append(shade, selection);
    stage.append(back, canvas);
    selection.addEventListener("change", (event) => {
      const { x, y, width: wide, height: high } = event.detail;
      if (x < -0.5 || y < -0.5 || x + wide > across + 0.5 || y + high > down + 0.5) { event.preventDefault(); return; }
      if (typed) return;
      const found = [x, y, wide, high].map((one, place) => Math.round(one / (place % 2 ? down / height : across / width)));
      numbers.forEach((one, place) => { if (Math.abs(Number(one.value) - found[place]) * scale > 1) one.value = String(Math.max(0, Math.min(found[place], (place % 2 ? height : width) - (place > 1 ? found[place - 2] : 0)))); });
    });
    canvas.addEventListener("pointerdown", () => { typed = false; }, true);
    function fromNumbers() {
      typed = true;
      const [x, y, wide, high] = numbers.map((one) => Number(one.value) || 0);
      const box = { x: x * across / width, y: y * down / height, width: Math.min(wide, width - x) * across / width, height: Math.min(high, height - y) * down / height };
      Object.entries(box).forEach(([name, value]) => selection.setAttribute(name, String(Math.max(0, value))));
    }
    fromNumbers();
    Draft.sheet(say("cut"), [stage, element("div", { class: "part-row cut-numbers" }, ...numbers.map((one, place) => Draft.field(say(["cut_x", "cut_y", "cut_width", "cut_height"][place]), one)), Draft.field(say("ratio"), ratio))], say("cut"), async () => {
      const [x, y, wide, high] = numbers.map((one) => one.value);
      const found = await Draft.ask(`/editions/${Draft.edition}/pictures/cut`, { form: { sha256: Draft.parts.get(whole).sha256, name: whole, x, y, width: wide, height: high } });
      if (found.status !== 200) { Draft.tell("picture", "failed", found.data.problem || say("offline")); return true; }
      Draft.set(found.data.name, { sha256: found.data.sha256, of: whole, box: [x, y, wide, high].map(Number) });
      take([found.data]);
      return true;
    });
  }
})();
