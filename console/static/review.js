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

  /* The virtual handset plays its slides for as long as the message says. */
  document.addEventListener("DOMContentLoaded", () => {
    const handset = document.getElementById("handset");
    if (!handset) return;
    const slides = [...handset.querySelectorAll(".handset-slide")];
    const play = document.getElementById("handset-play");
    const said = document.getElementById("handset-at");
    let at = 0;
    let timer = 0;

    function show(to) {
      at = (to + slides.length) % slides.length;
      slides.forEach((slide, number) => slide.classList.toggle("now", number === at));
      said.textContent = said.dataset.of.replace("{n}", at + 1).replace("{s}", Number(slides[at].dataset.ms) / 1000);
    }

    function step() {
      timer = setTimeout(() => (at + 1 < slides.length ? (show(at + 1), step()) : stop()), Number(slides[at].dataset.ms) || 1000);
    }

    function stop() {
      clearTimeout(timer);
      timer = 0;
      play.setAttribute("aria-pressed", "false");
      play.textContent = handset.dataset.play;
    }

    handset.classList.add("playing");
    show(0);
    play.addEventListener("click", () => {
      if (timer) return stop();
      if (at === slides.length - 1) show(0);
      play.setAttribute("aria-pressed", "true");
      play.textContent = handset.dataset.pause;
      step();
    });
    document.getElementById("handset-back").addEventListener("click", () => (stop(), show(at - 1)));
    document.getElementById("handset-next").addEventListener("click", () => (stop(), show(at + 1)));
  });
})();
