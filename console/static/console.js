/* The console's own script: opens and closes sheets, sends a form once. */
(() => {
  "use strict";

  const sheet = () => document.getElementById("sheet");

  document.addEventListener("htmx:after:swap", () => {
    const dialog = sheet();
    if (dialog && dialog.childElementCount && !dialog.open) dialog.showModal();
  });

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (close && sheet().open) {
      event.preventDefault();
      sheet().close();
    } else if (event.target === sheet()) {
      sheet().close();
    }
  });

  document.addEventListener("keydown", (event) => {
    const field = document.querySelector("[data-search], .find input[name=number]");
    if (event.key === "/" && document.documentElement.dataset.keys !== "off" && field && !event.isComposing && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, textarea, select, dialog[open]")) {
      event.preventDefault();
      field.focus();
      return;
    }
    const act = event.target.closest("a[role=button]");
    if (act && event.key === " ") {
      event.preventDefault();
      act.click();
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.method === "post" && !("again" in form.dataset)) form.dataset.sent = "1";
  }, true);

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = sheet();
    if (dialog) dialog.addEventListener("close", () => dialog.replaceChildren());
    for (const image of document.querySelectorAll(".screen img")) watchImage(image);
  });

  document.addEventListener("error", (event) => {
    if (event.target instanceof HTMLImageElement) event.target.classList.add("missing");
  }, true);

  function watchImage(image) {
    if (image.complete && !image.naturalWidth) image.classList.add("missing");
  }
})();
