/* Live parts: one event stream while the page is seen, painted at most once a second; the badge says how old what is shown is.
   A part is an element with data-live="<address of its fragment>"; see docs/console.md. */
(() => {
  "use strict";

  const PAINT_MS = 1000;
  const AGAIN_MS = 2000;
  const SLOWEST_MS = 30000;
  const STALE_S = 15;
  const LOST_S = 60;

  const parts = () => [...document.querySelectorAll("[data-live]")];
  const waiting = new Map();
  let source = null;
  let last = "";
  let pause = AGAIN_MS;
  let timer = 0;
  let painter = 0;
  let painted = 0;
  let signedOut = false;
  let fresh = performance.now();
  let ageThen = 0;

  function open() {
    clearTimeout(timer);
    const wanted = parts();
    if (source || signedOut || document.hidden || !wanted.length) return;
    const query = new URLSearchParams(wanted.map((part) => ["part", part.dataset.live]));
    if (last) query.append("last", last);
    source = new EventSource("/events?" + query);
    source.addEventListener("part", (event) => {
      last = event.lastEventId;
      const said = JSON.parse(event.data);
      waiting.set(said.part, said.html);
      paintSoon();
    });
    source.addEventListener("beat", (event) => {
      fresh = performance.now();
      ageThen = Number(event.data) || 0;
      pause = AGAIN_MS;
      showAge();
    });
    source.addEventListener("end", (event) => ended(event.data));
    source.addEventListener("error", () => {
      if (source && source.readyState === EventSource.CLOSED) again();
    });
  }

  function close() {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  }

  function again() {
    close();
    timer = setTimeout(open, pause * (0.8 + Math.random() * 0.4));
    pause = Math.min(SLOWEST_MS, pause * 2);
  }

  function ended(why) {
    close();
    if (why === "signed_out") {
      signedOut = true;
      showAge();
    } else if (why === "renew") {
      open();
    } else if (why !== "elsewhere") {
      again();
    }
  }

  function paintSoon() {
    if (painter) return;
    painter = setTimeout(() => requestAnimationFrame(paint), Math.max(0, PAINT_MS - (performance.now() - painted)));
  }

  async function paint() {
    painter = 0;
    painted = performance.now();
    const news = new Map(waiting);
    waiting.clear();
    for (const part of parts()) {
      const html = news.get(part.dataset.live);
      if (html === undefined) continue;
      await htmx.swap({ sourceElement: part, target: part, swap: "innerMorph", text: html });
      document.dispatchEvent(new CustomEvent("huabao:painted", { detail: part }));
    }
    showAge();
  }

  function showAge() {
    const badge = document.getElementById("live-badge");
    if (!badge) return;
    const age = Math.round((performance.now() - fresh) / 1000 + ageThen);
    const state = signedOut || age >= LOST_S ? "lost" : age >= STALE_S ? "stale" : "now";
    const long = age < 120 ? badge.dataset.seconds.replace("{n}", age) : badge.dataset.minutes.replace("{n}", Math.round(age / 60));
    badge.dataset.state = state;
    if (signedOut && !badge.querySelector("a")) {
      const link = document.createElement("a");
      link.href = "/sign-in?next=" + encodeURIComponent(location.pathname + location.search);
      link.textContent = badge.dataset.signIn;
      badge.append(link);
    }
    badge.querySelector(".live-text").textContent = (signedOut ? badge.dataset.ended : badge.dataset[state]) + " · " + long;
    for (const part of parts()) part.classList.toggle("aged", state !== "now");
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());

  document.addEventListener("DOMContentLoaded", () => {
    if (!parts().length) return;
    showAge();
    setInterval(showAge, 1000);
    open();
  });
})();
