/* The console's own script: asks for news while the page is seen, tells how old what it shows is, opens sheets. */
(() => {
  "use strict";

  const TICK_MS = 2000;
  const SLOWEST_MS = 30000;
  const STALE_S = 15;
  const LOST_S = 60;

  const live = () => document.getElementById("live");
  const sheet = () => document.getElementById("sheet");
  let busy = false;
  let pause = TICK_MS;
  let fresh = performance.now();
  let timer = 0;

  function schedule(ms) {
    clearTimeout(timer);
    timer = setTimeout(tick, ms);
  }

  function tick() {
    const part = live();
    if (part && !document.hidden && !busy) {
      busy = true;
      htmx.trigger(part, "huabao:tick");
    }
    schedule(pause);
  }

  function settled(ok) {
    busy = false;
    pause = ok ? TICK_MS : Math.min(SLOWEST_MS, pause * 2);
    if (ok) {
      fresh = performance.now();
      showAge();
    }
    schedule(pause * (ok ? 1 : 0.8 + Math.random() * 0.4));
  }

  /* Seconds that the server's count was old when it sent it. */
  function measured() {
    const mark = document.getElementById("live-age");
    return mark ? Number(mark.dataset.age) : 0;
  }

  function showAge() {
    const badge = document.getElementById("live-badge");
    if (!badge) return;
    const age = Math.round((performance.now() - fresh) / 1000 + measured());
    const state = age >= LOST_S ? "lost" : age >= STALE_S ? "stale" : "now";
    const long = age < 120 ? badge.dataset.seconds.replace("{n}", age) : badge.dataset.minutes.replace("{n}", Math.round(age / 60));
    badge.dataset.state = state;
    badge.querySelector(".live-text").textContent = badge.dataset[state] + " · " + long;
    const part = live();
    if (part) part.classList.toggle("aged", state !== "now");
  }

  document.addEventListener("htmx:after:request", (event) => {
    const context = event.detail.ctx;
    if (context.sourceElement !== live()) return;
    settled(Boolean(context.response && context.response.status < 400));
  });
  document.addEventListener("htmx:error", (event) => {
    const context = event.detail.ctx;
    if (context && context.sourceElement === live()) settled(false);
  });

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
    if (event.key === "/" && field && !event.isComposing && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, textarea, select, dialog[open]")) {
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

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) schedule(0);
  });

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = sheet();
    if (dialog) dialog.addEventListener("close", () => dialog.replaceChildren());
    if (live()) {
      showAge();
      setInterval(showAge, 1000);
      schedule(TICK_MS);
    }
    for (const image of document.querySelectorAll(".screen img")) watchImage(image);
  });

  document.addEventListener("error", (event) => {
    if (event.target instanceof HTMLImageElement) event.target.classList.add("missing");
  }, true);

  function watchImage(image) {
    if (image.complete && !image.naturalWidth) image.classList.add("missing");
  }
})();
