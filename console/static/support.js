// The support desk: a text is copied by a button, which is shown only where the browser can do it.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  const text = button && document.getElementById(button.dataset.copy);
  if (!text) return;
  navigator.clipboard.writeText(text.textContent.trim()).then(() => {
    const before = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = before; }, 2000);
  }).catch(() => { getSelection().selectAllChildren(text); });
});

const showCopyButtons = () => document.querySelectorAll("[data-copy]").forEach((one) => { one.hidden = !navigator.clipboard; });
document.addEventListener("htmx:after:swap", showCopyButtons);
showCopyButtons();
