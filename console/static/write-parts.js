/* The forms of a draft: the head, a section, an article, a picture; each change goes into its part at once. */
(() => {
  "use strict";
  if (!window.Draft) return;
  const { say, on, root } = Draft;
  const segments = JSON.parse(root.dataset.segments);
  const pane = document.getElementById("pane");
  let shown = null;
  let hits = [];

  function element(name, values = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(values)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (key === "text") made.textContent = value;
      else if (key in made && key !== "list" && typeof value !== "string") made[key] = value;
      else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter((one) => one !== null && one !== undefined));
    return made;
  }

  const field = (label, control, more = "") => element("label", { class: `part-field ${more}` }, element("span", { text: label }), control);

  function input(value, write, values = {}) {
    return element("input", { type: "text", autocomplete: "off", ...values, value: value ?? "", oninput: (event) => write(event.target.value) });
  }

  function choice(value, options, write) {
    const made = element("select", { onchange: (event) => write(event.target.value) });
    for (const [key, text] of options) made.append(element("option", { value: key, text, selected: key === (value || "") }));
    return made;
  }

  /* Change one field of a part; empty values go. */
  function put(name, change) {
    const value = Draft.get(name);
    if (value === undefined) return;
    change(value);
    Draft.set(name, value);
  }

  const tidy = (holder, key, value) => { if (value === "" || value === null || value === undefined || value === false || (Array.isArray(value) && !value.length)) delete holder[key]; else holder[key] = value; };

  function segmentField(rule, write) {
    const own = rule && typeof rule === "object";
    const options = [["", say("everybody")], ...segments.map((name) => [name, name])];
    if (own) options.push(["=", say("own_rule")]);
    return field(say("segment"), choice(own ? "=" : rule, options, (value) => { if (value !== "=") write(value); }));
  }

  function showHead() {
    const head = Draft.get("head");
    const write = (key) => (value) => put("head", (one) => tidy(one, key, value));
    const almanac = (key) => (value) => put("head", (one) => { const kept = one.almanac || {}; tidy(kept, key, value.slice(0, 20)); tidy(one, "almanac", Object.keys(kept).length ? kept : null); });
    const made = [
      element("h2", { text: say("head") }),
      field(say("title"), input(head.title, write("title"), { maxlength: 100 })),
      element("div", { class: "part-row" },
        field(say("day"), input(head.date, write("date"), { type: "date" })),
        field(say("credit"), input(head.credit, write("credit"), { maxlength: 200 }))),
    ];
    if (root.dataset.kind === "newspaper") {
      const kept = head.almanac || {};
      made.push(element("div", { class: "part-row" },
        field(say("lunar"), input(kept.lunar, almanac("lunar"), { maxlength: 20 })),
        field(say("term"), input(kept.term, almanac("term"), { maxlength: 20 })),
        field(say("note"), input(kept.note, almanac("note"), { maxlength: 20 }))));
    }
    if (root.dataset.kind === "comic") made.push(field(say("reading"), choice(head.reading || "ltr", [["ltr", say("reading_ltr")], ["rtl", say("reading_rtl")], ["vertical", say("reading_vertical")]], write("reading"))));
    made.push(Draft.pictureField(say("cover"), head.cover, (path) => put("head", (one) => tidy(one, "cover", path)), "images"));
    made.push(element("label", { class: "tick" }, element("input", { type: "checkbox", checked: Boolean(head.greyscale), onchange: (event) => put("head", (one) => tidy(one, "greyscale", event.target.checked)) }), say("greyscale")));
    return made;
  }

  function showSection(place) {
    const section = (Draft.get("sections") || [])[place];
    if (!section) return null;
    const write = (key) => (value) => put("sections", (all) => tidy(all[place], key, value));
    const made = [
      element("h2", { text: say("section") }),
      field(say("title"), input(section.title, (value) => put("sections", (all) => { all[place].title = value; }), { maxlength: 60 })),
      element("div", { class: "part-row" },
        field(say("short_title"), input(section.short_title, write("short_title"), { maxlength: 60 })),
        field(say("city"), input(section.city, write("city"), { maxlength: 30 })),
        segmentField(section.segment, write("segment"))),
    ];
    if (root.dataset.kind === "magazine") made.push(field(say("part"), choice(section.part, [["", "—"], ["front", say("part_front")], ["service", say("part_service")], ["quiz", say("part_quiz")], ["comic", say("part_comic")]], write("part"))));
    made.push(element("p", { class: "part-acts" },
      element("button", { type: "button", id: "add-article", text: say("add_article"), onclick: () => Draft.addArticle(place) }),
      element("button", { type: "button", text: say("add_picture"), onclick: () => Draft.addPictures(place) }),
      element("button", { type: "button", class: "quiet", text: say("take_away_section"), onclick: () => Draft.removeSection(place) })));
    return made;
  }

  const TOOLS = [["tool_heading", "### ", "", "H"], ["tool_bold", "**", "**", "B"], ["tool_list", "- ", "", "•"], ["tool_quote", "> ", "", "“"]];

  function toolbar(area, write) {
    const bar = element("div", { class: "toolbar", role: "toolbar", "aria-label": say("tools") });
    for (const [name, before, after, sign] of TOOLS) {
      bar.append(element("button", { type: "button", title: say(name), "aria-label": say(name), text: sign, onclick: () => {
        const { selectionStart: start, selectionEnd: end } = area;
        const line = after ? start : area.value.lastIndexOf("\n", start - 1) + 1;
        area.focus();
        area.setSelectionRange(line, after ? end : line);
        const text = after ? before + area.value.slice(start, end) + after : before;
        if (!document.execCommand("insertText", false, text)) area.setRangeText(text, line, after ? end : line, "end");
        write(area.value);
      } }));
    }
    bar.append(element("span", { class: "quiet-text", id: "length" }));
    return bar;
  }

  function showArticle(name) {
    const article = Draft.get(name);
    if (!article) return null;
    const front = article.front;
    const write = (key) => (value) => put(name, (one) => tidy(one.front, key, value));
    const count = () => { const line = document.getElementById("length"); if (line) line.textContent = say("characters", { n: (area.value.match(/\S/gu) || []).length }); };
    const body = (value) => { put(name, (one) => { one.body = value; }); count(); };
    const area = element("textarea", { id: "body", class: "writing", rows: 14, spellcheck: false, "aria-label": say("body"), oninput: (event) => body(event.target.value) });
    area.value = article.body;
    const title = element("input", { id: "article-title", class: "writing-title", type: "text", maxlength: 200, placeholder: say("title"), "aria-label": say("title"), value: front.title || "", oninput: (event) => put(name, (one) => { one.front.title = event.target.value; }) });
    queueMicrotask(count);
    const more = element("details", { class: "part-more" }, element("summary", { text: say("more") }),
      field(say("summary"), input(front.summary, write("summary"), { maxlength: 500 })),
      element("div", { class: "part-row" },
        field(say("short_title"), input(front.short_title, write("short_title"), { maxlength: 60 })),
        field(say("topics"), input((front.topics || []).join(" "), (value) => write("topics")(value.split(/[\s,，、;；]+/u).filter(Boolean)), { maxlength: 200 }))),
      element("div", { class: "part-row" },
        segmentField(front.segment, write("segment")),
        field(say("level"), choice(front.level, [["", say("level_default")], ["province", say("level_province")], ["group", say("level_group")], ["city", say("level_city")]], write("level"))),
        field(say("tone"), choice(front.tone, [["", say("tone_plain")], ["humorous", say("tone_humorous")]], write("tone")))),
      element("div", { class: "part-row" },
        field(say("source"), input(front.source, write("source"), { maxlength: 60 })),
        field(say("credit"), input(front.credit, write("credit"), { maxlength: 200 }))),
      element("label", { class: "tick" }, element("input", { type: "checkbox", checked: Boolean(front.evergreen), onchange: (event) => write("evergreen")(event.target.checked) }), say("evergreen")));
    if (root.dataset.kind === "magazine") more.append(quizField(name, front.quiz));
    return [title, toolbar(area, body), area, Draft.pictureField(say("picture"), front.image, write("image"), "images"), element("div", { id: "hits" }), more,
      element("p", { class: "part-acts wide-only" }, element("button", { type: "button", class: "quiet", text: say("take_away_article"), onclick: () => Draft.removeItem(name) }))];
  }

  function quizField(name, quiz) {
    const write = (key, make = (value) => value) => (value) => put(name, (one) => { const kept = one.front.quiz || { choices: [], answer: 1, winners: 0 }; tidy(kept, key, make(value)); one.front.quiz = kept; });
    const found = quiz || {};
    const whole = (value) => /^\d{1,6}$/u.test(value) ? Number(value) : value;
    return element("fieldset", { class: "quiz" }, element("legend", { text: say("quiz") }),
      field(say("quiz_question"), input(found.question, write("question"), { maxlength: 200 })),
      field(say("quiz_choices"), input((found.choices || []).join("；"), write("choices", (value) => value.split(/[;；]/u).map((one) => one.trim()).filter(Boolean)), { maxlength: 300 })),
      element("div", { class: "part-row" },
        field(say("quiz_answer"), input(found.answer ?? "", write("answer", whole), { inputmode: "numeric" })),
        field(say("quiz_winners"), input(found.winners ?? "", write("winners", whole), { inputmode: "numeric" })),
        field(say("quiz_keyword"), input(found.keyword, write("keyword"), { maxlength: 20 }))),
      element("div", { class: "part-row" },
        field(say("quiz_reply_to"), input(found.reply_to, write("reply_to"), { maxlength: 20 })),
        field(say("quiz_closes"), input(found.closes_at, write("closes_at"), { maxlength: 30, placeholder: "2026-12-10T24:00:00+08:00" }))));
  }

  function showPicture(name) {
    return [element("h2", { text: say("picture") }), Draft.pictureField(name, name, (path) => { if (path && path !== name) Draft.replaceItem(name, path); }, "images", { lasting: true }),
      element("p", { class: "part-acts" }, element("button", { type: "button", class: "quiet", text: say("take_away_picture"), onclick: () => Draft.removeItem(name) }))];
  }

  function open(kind, key, { focus = false } = {}) {
    shown = { kind, key };
    const made = kind === "head" ? showHead() : kind === "section" ? showSection(key) : kind === "page" ? Draft.showPage(key) : /\.(md|markdown)$/iu.test(key) ? showArticle(key) : showPicture(key);
    if (!made) { if (kind !== "head") open("head", "head"); return; }
    pane.replaceChildren(...made.filter(Boolean));
    Draft.emit("opened", shown);
    showHits();
    if (focus) (document.getElementById("article-title") || pane.querySelector("input, textarea"))?.focus();
  }

  /* In our own words where the kind has them; what a list or a person wrote stands as it was written. */
  const hitText = (one) => Draft.words[`hit_${one.kind}_what`] ? say(`hit_${one.kind}_what`, { rule: one.rule }) : [one.rule, one.advice].filter(Boolean).join(" · ");

  function showHits() {
    const place = document.getElementById("hits");
    if (!place || !shown) return;
    const own = hits.filter((one) => one.item.split("#")[0] === shown.key);
    place.replaceChildren(...(own.length ? [element("ul", { class: "hits" }, ...own.map((one) => element("li", { class: one.severity === "block" ? "hit-block" : "hit-warn" },
      element("b", { text: say(`hit_${one.kind}`) }), " ", element("span", { class: "quiet-text", text: one.before }), element("mark", { text: one.found }), element("span", { class: "quiet-text", text: one.after }),
      element("small", { class: "block", text: hitText(one) }))))] : []));
  }

  on("hits", (found) => { hits = found; showHits(); });
  on("taken", (names) => {
    if (!shown) return;
    const mine = shown.kind === "head" ? ["head"] : shown.kind === "section" ? ["sections"] : shown.kind === "page" ? ["pages"] : [shown.key];
    if (names.some((name) => mine.includes(name)) && !(document.activeElement && pane.contains(document.activeElement) && Draft.dirty.has(mine[0]))) open(shown.kind, shown.key);
  });
  Object.assign(Draft, { element, field, input, choice, put, tidy, open });
  Object.defineProperty(Draft, "shown", { get: () => shown });
})();
