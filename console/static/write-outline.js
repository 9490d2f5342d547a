/* The outline of a draft: sections and what stands in them, moved with the mouse, by buttons or by number; what is told to the writer. */
(() => {
  "use strict";
  if (!window.Draft) return;
  const { say, on, root, element, put, open } = Draft;
  const outline = document.getElementById("outline");
  const told = document.getElementById("told");
  const paper = document.getElementById("paper");
  const comic = root.dataset.kind === "comic";
  const own = root.dataset.city ? JSON.parse(root.dataset.own) : null;

  const titleOf = (path) => { const found = Draft.parts.get(path); return (found && found.front && found.front.title) || path.replace(/^\w+\//u, ""); };
  const heldBy = (section) => Draft.server.locks.find((one) => one.holder !== Draft.server.me && (one.section === "" || one.section === section));
  const mayWrite = (section) => (!own || own.includes(section)) && !heldBy(section);

  function mover(text, label, act, last) {
    return element("button", { type: "button", class: "mover", "aria-label": label, title: label, disabled: last, text, onclick: act });
  }

  function row(name, text, kind, key, place, length, move) {
    const current = Draft.shown && Draft.shown.kind === kind && Draft.shown.key === key;
    const made = element("li", { "data-key": name },
      element("button", { type: "button", class: "outline-name", "aria-current": current ? "true" : null, text, onclick: () => { open(kind, key, { focus: true }); draw(); } }),
      element("span", { class: "movers" },
        mover("↑", say("move_up", { name: text }), () => move(place, place - 1), place === 0),
        mover("↓", say("move_down", { name: text }), () => move(place, place + 1), place === length - 1),
        element("input", { class: "place", type: "text", inputmode: "numeric", maxlength: 3, "aria-label": say("place_of", { name: text }), value: String(place + 1), onchange: (event) => { const to = Number(event.target.value) - 1; if (Number.isInteger(to)) move(place, Math.max(0, Math.min(length - 1, to))); draw(); } })));
    return made;
  }

  function moved(list, from, to) {
    if (to < 0 || to >= list.length || from === to) return;
    list.splice(to, 0, list.splice(from, 1)[0]);
  }

  function draw() {
    const focused = outline.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") || document.activeElement.textContent : null;
    const made = [element("button", { type: "button", class: "outline-name outline-head", "aria-current": Draft.shown?.kind === "head" ? "true" : null, text: say("head"), onclick: () => { open("head", "head"); draw(); } })];
    made.push(...(comic ? drawPages() : drawSections()));
    outline.replaceChildren(...made);
    if (focused) [...outline.querySelectorAll("button, input")].find((one) => (one.getAttribute("aria-label") || one.textContent) === focused)?.focus();
    sortable();
  }

  function drawSections() {
    const sections = Draft.get("sections") || [];
    return sections.map((section, place) => {
      const lock = heldBy(section.title);
      const items = section.items || [];
      const list = element("ol", { class: "outline-items", "data-section": String(place) }, ...items.map((path, at) => row(path, titleOf(path), "item", path, at, items.length, (from, to) => put("sections", (all) => moved(all[place].items, from, to)))));
      const head = element("div", { class: "outline-section" },
        element("button", { type: "button", class: "outline-name", "aria-current": Draft.shown?.kind === "section" && Draft.shown.key === place ? "true" : null, text: section.title || say("untitled"), onclick: () => { open("section", place); draw(); } }),
        element("span", { class: "movers" },
          mover("↑", say("move_up", { name: section.title }), () => put("sections", (all) => moved(all, place, place - 1)), place === 0),
          mover("↓", say("move_down", { name: section.title }), () => put("sections", (all) => moved(all, place, place + 1)), place === sections.length - 1)),
        lock ? element("small", { class: "outline-lock", text: say("locked_by", { name: lock.holder }) }) : null);
      return element("div", { class: mayWrite(section.title) ? "outline-block" : "outline-block others" }, head, list);
    });
  }

  function drawPages() {
    const pages = Draft.get("pages") || [];
    return [element("ol", { class: "outline-items", "data-pages": "1" }, ...pages.map((page, place) => row(page.image, `${place + 1} · ${page.image.replace(/^\w+\//u, "")}`, "page", place, place, pages.length, (from, to) => put("pages", (all) => moved(all, from, to)))))];
  }

  function sortable() {
    if (!window.Sortable) return;
    for (const list of outline.querySelectorAll("ol")) {
      window.Sortable.create(list, { group: comic ? "pages" : "items", animation: 0, delay: 150, delayOnTouchOnly: true, filter: "input", preventOnFilter: false, onEnd: (event) => {
        const { from, to, oldIndex, newIndex } = event;
        if (comic) put("pages", (all) => moved(all, oldIndex, newIndex));
        else put("sections", (all) => { const [one] = all[Number(from.dataset.section)].items.splice(oldIndex, 1); all[Number(to.dataset.section)].items.splice(newIndex, 0, one); });
        draw();
      } });
    }
  }

  function freshArticle() {
    for (let number = 1; ; number++) {
      const name = `articles/${String(number).padStart(2, "0")}-${Math.random().toString(36).slice(2, 6)}.md`;
      if (!Draft.parts.has(name)) return name;
    }
  }

  Draft.addArticle = (place) => {
    const name = freshArticle();
    Draft.set(name, { front: { title: "" }, body: "" });
    put("sections", (all) => { all[place].items = [...(all[place].items || []), name]; });
    open("item", name, { focus: true });
    draw();
  };
  Draft.addPictures = (place) => Draft.choosePictures("images", (made) => put("sections", (all) => { all[place].items = [...(all[place].items || []), ...made.map((one) => one.name)]; }));
  Draft.removeItem = (name) => {
    put("sections", (all) => all.forEach((one) => { one.items = (one.items || []).filter((path) => path !== name); }));
    if (/\.md$/iu.test(name)) Draft.set(name, null);
    open("head", "head");
    tell("gone", "pending", say("taken_away"), { text: say("steps"), act: () => document.getElementById("steps-open").click() });
    draw();
  };
  Draft.replaceItem = (name, other) => { put("sections", (all) => all.forEach((one) => { one.items = (one.items || []).map((path) => path === name ? other : path); })); open("item", other); draw(); };
  Draft.removeSection = (place) => {
    const section = (Draft.get("sections") || [])[place];
    if ((section.items || []).length) { tell("section", "held", say("section_not_empty")); return; }
    put("sections", (all) => all.splice(place, 1));
    open("head", "head");
    draw();
  };
  Draft.redraw = draw;

  document.getElementById("add-section").addEventListener("click", () => {
    if (comic) { Draft.choosePictures("pages", (made) => put("pages", (all) => all.push(...made.map((one) => ({ image: one.name }))))); return; }
    const sections = Draft.get("sections") || [];
    Draft.set("sections", [...sections, { title: say("new_section", { n: sections.length + 1 }), items: [] }]);
    open("section", sections.length, { focus: true });
    draw();
  });

  /* What is told: one line by name, with one thing to do. */
  function tell(name, tone, text, step) {
    untell(name);
    const made = element("div", { class: `note note-${tone}`, role: tone === "failed" || tone === "held" ? "alert" : "status", "data-told": name }, element("span", { class: "told-text", text }));
    if (step && step.href) made.append(element("a", { class: "button small", href: step.href, target: step.target || null, text: step.text }));
    if (step && step.act) made.append(element("button", { type: "button", class: "small-button", text: step.text, onclick: step.act }));
    if (tone === "pending") made.append(element("button", { type: "button", class: "small-button", text: say("close"), onclick: () => untell(name) }));
    told.append(made);
  }
  const untell = (name) => told.querySelector(`[data-told="${name}"]`)?.remove();
  Draft.tell = tell;

  on("told", tell);
  on("untold", untell);
  on("changed", (name) => { if (["sections", "pages"].includes(name) || /\.md$/iu.test(name)) draw(); });
  on("taken", () => { draw(); });
  on("saved", () => untell("recovered"));
  on("state", (server) => {
    const mine = server.locks.filter((one) => one.holder === server.me);
    const others = server.locks.filter((one) => one.holder !== server.me);
    document.getElementById("held").textContent = [mine.length ? say("locked_by_me", { what: mine.map((one) => one.section || say("whole")).join("、") }) : "", ...others.map((one) => say("locked_line", { name: one.holder, what: one.section || say("whole") }))].filter(Boolean).join(" · ");
    document.getElementById("lock-give").hidden = !mine.length;
    if (server.is_behind) tell("behind", "held", say("behind", { n: server.version, name: server.version_by }), { text: say("start_over"), act: startOver });
    else untell("behind");
  });
  on("conflict", (conflicts) => showConflict(conflicts));
  on("take-over", () => {
    const reason = element("input", { type: "text", maxlength: 300, required: true, "aria-label": say("reason") });
    sheet(say("take_over"), [element("p", { text: say("take_over_what") }), Draft.field(say("reason"), reason)], say("take_over"), async () => {
      if (!reason.value.trim()) { reason.focus(); return false; }
      const found = await Draft.ask(`${Draft.base}/lock`, { form: { verb: "take", reason: reason.value } });
      if (found.status !== 200) { tell("lock", "failed", found.data.problem || ""); return true; }
      await Draft.refresh();
      return true;
    });
  });

  function sheet(title, content, label, act) {
    const go = element("button", { type: "button", class: "main", text: label, onclick: async () => { go.disabled = true; const done = await act(); go.disabled = false; if (done !== false) paper.close(); } });
    paper.replaceChildren(element("h2", { id: "paper-title", text: title }), ...content, element("p", { class: "sheet-acts" }, element("button", { type: "button", text: say("close"), onclick: () => paper.close() }), go));
    if (!paper.open) paper.showModal();
  }
  Draft.sheet = sheet;

  function showConflict(conflicts) {
    const [first, ...rest] = conflicts;
    const text = (value) => value === null || value === undefined ? say("is_gone") : value.body !== undefined ? `${value.front.title || ""}\n\n${value.body}` : JSON.stringify(value, null, 1);
    const decide = async (mine) => { await Draft.decide(first.part, first.value, mine); paper.close(); if (rest.length) showConflict(rest); };
    paper.replaceChildren(element("h2", { id: "paper-title", text: say("conflict") }), element("p", { text: say("conflict_what", { name: titleOf(first.part) }) }),
      element("div", { class: "two-texts" },
        element("section", {}, element("h3", { text: say("mine") }), element("pre", { tabindex: "0", text: text(Draft.get(first.part)) }), element("button", { type: "button", text: say("take_mine"), onclick: () => decide(true) })),
        element("section", {}, element("h3", { text: say("theirs", { name: Draft.server.saved_by }) }), element("pre", { tabindex: "0", text: text(first.value) }), element("button", { type: "button", text: say("take_theirs"), onclick: () => decide(false) }))));
    if (!paper.open) paper.showModal();
  }

  function startOver() {
    sheet(say("start_over"), [element("p", { text: say("start_over_what") })], say("start_over"), async () => {
      const found = await Draft.ask(`${Draft.base}/restore`, { form: { step: "version", revision: String(Draft.server.revision) } });
      if (found.status === 200) Draft.adopt(found.data); else tell("steps", "failed", found.data.problem || "");
      return true;
    });
  }

  document.getElementById("steps-open").addEventListener("click", async () => {
    await Draft.save();
    const page = await fetch(`${Draft.base}/steps`, { headers: { "HX-Request": "true" } });
    paper.innerHTML = page.ok ? await page.text() : "";
    if (!paper.open) paper.showModal();
  });
  paper.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-step], [data-dismiss]");
    if (!button) return;
    if ("dismiss" in button.dataset) { paper.close(); return; }
    const found = await Draft.ask(`${Draft.base}/restore`, { form: { step: button.dataset.step, revision: String(Draft.server.revision) } });
    paper.close();
    if (found.status === 200) { Draft.adopt(found.data); tell("restored", "pending", say("restored")); } else tell("restored", "failed", found.data.problem || "");
  });

  document.getElementById("lock-give").addEventListener("click", async () => {
    await Draft.save();
    await Draft.ask(`${Draft.base}/lock`, { form: { verb: "give" } });
    await Draft.refresh();
  });

  document.getElementById("keep").addEventListener("click", async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    await Draft.save();
    const over = Draft.server.is_behind ? "1" : "0";
    const found = Draft.busy ? { status: 0, data: { problem: say("not_saved_yet") } } : await Draft.ask(`${Draft.base}/keep`, { form: { revision: String(Draft.server.revision), over } });
    button.disabled = false;
    untell("kept");
    if (found.status === 200) {
      Draft.take(found.data);
      Draft.show();
      tell("kept", "done", say("kept", { n: found.data.version }), { text: say("go_on"), href: `/editions/${Draft.edition}` });
      if (found.data.warnings.length) told.lastElementChild.append(element("details", {}, element("summary", { text: say("warnings", { n: found.data.warnings.length }) }), element("ul", {}, ...found.data.warnings.map((one) => element("li", { text: one })))));
    } else tellProblems("kept", found.data.problem || say("offline"));
  });

  /* Problems of a folder, each `file:line: what; what to do`, with a way to its article. */
  function tellProblems(name, text) {
    untell(name);
    const lines = text.split("\n").filter(Boolean).map((line) => {
      const [, file, rest] = line.match(/^([\w./-]+?)(?::\d+)?: (.*)$/su) || [null, "", line];
      const known = Draft.parts.has(file);
      return element("li", {}, known ? element("button", { type: "button", class: "link-button", text: titleOf(file), onclick: () => { open("item", file); draw(); } }) : null, known ? "：" : "", rest || line);
    });
    told.append(element("div", { class: "note note-failed", role: "alert", "data-told": name }, element("div", {}, element("b", { text: say("not_kept") }), element("ul", { class: "problems" }, ...lines))));
  }

  document.addEventListener("DOMContentLoaded", () => {
    const first = comic ? null : (Draft.get("sections") || []).flatMap((one) => mayWrite(one.title) ? one.items || [] : [])[0];
    if (first) open("item", first); else open("head", "head");
    draw();
  });
})();
