/* Keys and the palette. Single keys move and open, nothing else; they are off in fields, while an input method composes,
   under an open sheet, and where the person switched them off. */
(() => {
  "use strict";

  const SEQUENCE_MS = 1200;
  const FIELDS = "input, textarea, select, [contenteditable], dialog[open], [role=listbox], .graph-plot";
  const ROWS = "main .line:not(.head) a[href], main [data-row] a[href], main tbody th a[href], main tbody tr > :first-child a[href]";
  let leader = 0;

  const palette = () => document.getElementById("palette");
  const typed = () => document.getElementById("palette-typed");
  const options = () => [...document.querySelectorAll("#palette-found [data-path]")];
  const single = () => document.documentElement.dataset.keys !== "off";

  function openPalette() {
    const dialog = palette();
    if (!dialog || dialog.open) return;
    for (const other of document.querySelectorAll("dialog[open]")) other.close();
    dialog.showModal();
    typed().value = "";
    typed().focus();
    htmx.trigger(dialog.querySelector("form"), "huabao:ask");
  }

  function choose(option) {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      typed().setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      typed().removeAttribute("aria-activedescendant");
    }
  }

  const chosen = () => options().find((one) => one.getAttribute("aria-selected") === "true");

  function paletteKey(event) {
    const all = options(), at = all.indexOf(chosen());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (all.length) choose(all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (chosen()) location.assign(chosen().dataset.path);
    }
  }

  function move(step) {
    const rows = [...new Set(document.querySelectorAll(ROWS))].filter((row) => row.offsetParent !== null);
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))].focus();
  }

  function back() {
    if (document.activeElement && document.activeElement !== document.body && document.activeElement.closest("main")) {
      document.activeElement.blur();
      return;
    }
    const crumbs = document.querySelectorAll(".crumb a[href]");
    if (crumbs.length) location.assign(crumbs[crumbs.length - 1].href);
  }

  function go(key) {
    const place = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (place) location.assign(place.dataset.path || place.href);
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.target === typed()) {
      paletteKey(event);
      return;
    }
    if (!single() || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(FIELDS) || document.querySelector("dialog[open]")) return;
    if (leader && performance.now() - leader < SEQUENCE_MS) {
      leader = 0;
      event.preventDefault();
      go(event.key);
      return;
    }
    const act = { g: () => { leader = performance.now(); }, j: () => move(1), k: () => move(-1), Escape: back, e: edit, "?": () => document.getElementById("keys")?.showModal() }[event.key];
    if (act) {
      if (event.key !== "Escape") event.preventDefault();
      act();
    }
  });

  function edit() {
    const link = document.querySelector("main a[data-edit]");
    if (link) location.assign(link.href);
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]")) {
      event.preventDefault();
      openPalette();
    }
    const option = event.target.closest("#palette-found [data-path]");
    if (option) location.assign(option.dataset.path);
    if (event.target === palette() || event.target.id === "keys") event.target.close();
  });

  document.addEventListener("submit", (event) => {
    if (event.target.closest("#palette")) event.preventDefault();
  });

  document.addEventListener("htmx:after:swap", () => palette() && palette().open && choose(options()[0]));
})();
