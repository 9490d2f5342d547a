/* The review half of the editor's desk: how far a work is, the countdown. Nothing is asked for while the page is not seen. */
(() => {
  "use strict";

  const ASK_MS = 1500;

  setInterval(() => {
    const work = document.querySelector("[data-work]");
    if (work && !document.hidden) htmx.trigger(work, "huabao:work");
  }, ASK_MS);

  setInterval(() => {
    const left = document.querySelector("[data-until]");
    if (!left || document.hidden) return;
    const seconds = Math.max(0, Math.round((Date.parse(left.dataset.until) - Date.now()) / 1000));
    const two = (n) => String(n).padStart(2, "0");
    left.textContent = Math.floor(seconds / 3600) ? `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}` : `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
    left.classList.toggle("bad", seconds === 0);
  }, 1000);
})();
