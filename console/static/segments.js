/* The segment builder: rows make the rule, each change counts anew. Without this script the rule is written by hand. */
(() => {
  "use strict";

  const COUNT_AFTER_MS = 500;
  const NUMBERS = /^-?[0-9]+(\.[0-9]+)?$/;

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.getElementById("builder");
    const form = document.getElementById("segment-form");
    const text = document.getElementById("rule-text");
    const words = JSON.parse(root.dataset.words);
    const fields = JSON.parse(root.dataset.fields);
    const started = JSON.parse(root.dataset.rule);
    let timer = 0;

    const make = (tag, values = {}, ...children) => {
      const made = Object.assign(document.createElement(tag), values);
      made.append(...children);
      return made;
    };
    const choose = (label, options, chosen) => {
      const made = make("select", { ariaLabel: label });
      for (const [value, word] of options) made.append(make("option", { value, textContent: word, selected: value === chosen }));
      return made;
    };
    const button = (word, act, label) => make("button", { type: "button", className: "button small", textContent: word, ariaLabel: label || word, onclick: act });
    const fieldOf = (name) => fields.find((one) => (one.name.endsWith(".") ? name.startsWith(one.name) : one.name === name)) || fields[0];

    function bare(rule) {
      return rule && "not" in rule ? [true, rule.not] : [false, rule];
    }

    function group(rule, inner) {
      const [negated, plain] = bare(rule);
      const kind = plain && plain.any ? "any" : "all";
      const parts = plain ? plain.all || plain.any || [plain] : [];
      const not = make("input", { type: "checkbox", checked: negated && Boolean(plain.all || plain.any) });
      const joined = choose(words.all, [["all", words.all], ["any", words.any]], kind);
      const list = make("div", { className: "segment-parts" });
      const made = make("div", { className: "segment-group" },
        make("div", { className: "segment-head" }, joined, make("label", { className: "tick" }, not, words.not), button(words.add, () => (list.append(condition(null)), changed())), button(words.group, () => (list.append(group(null, true)), changed()))), list);
      if (inner) made.firstChild.append(button("×", () => (made.remove(), changed()), words.remove));
      for (const part of parts) {
        const [, core] = bare(part);
        list.append(core.all || core.any ? group(part, true) : condition(parts.length === 1 && !plain.all && !plain.any ? rule : part));
      }
      if (!list.children.length) list.append(condition(null));
      made.rule = () => {
        const own = [...list.children].map((one) => one.rule()).filter(Boolean);
        if (!own.length) return null;
        const rule = own.length === 1 && !inner ? own[0] : { [joined.value]: own };
        return not.checked ? { not: rule } : rule;
      };
      return made;
    }

    function condition(rule) {
      const [negated, plain] = bare(rule);
      const start = plain || { field: fields[0].name, op: "eq", value: "" };
      const known = fieldOf(start.field);
      const not = make("input", { type: "checkbox", checked: negated });
      const field = choose(words.field, fields.map((one) => [one.name, one.word]), known.name);
      const rest = make("input", { ariaLabel: words.name, placeholder: words.name, value: known.name.endsWith(".") ? start.field.slice(known.name.length) : "" });
      const place = make("span", { className: "segment-value" });
      let op = null;
      let value = null;
      const made = make("div", { className: "segment-row" }, field, rest, make("span"), place, make("label", { className: "tick" }, not, words.not), button("×", () => (made.remove(), changed()), words.remove));

      function fillOps(chosen) {
        const about = fieldOf(field.value);
        rest.hidden = !about.name.endsWith(".");
        const next = choose(words.op, about.ops.map((one) => [one, words.ops[one]]), about.ops.includes(chosen) ? chosen : about.ops[0]);
        (op || made.children[2]).replaceWith(next);
        op = next;
        op.addEventListener("change", () => (fillValue(value.value), changed()));
      }

      function fillValue(old) {
        const about = fieldOf(field.value);
        if (op.value === "exists") value = choose(words.value, [["yes", words.yes], ["no", words.no]], old === false || old === "no" ? "no" : "yes");
        else if (about.choices.length && op.value !== "in" && op.value !== "contains") value = choose(words.value, about.choices.map((one) => [one, one]), old);
        else value = make("input", { ariaLabel: words.value, placeholder: op.value === "in" ? words.list : words.value, value: Array.isArray(old) ? old.join(", ") : old === undefined || old === true ? "" : String(old) });
        place.replaceChildren(value);
        value.addEventListener("input", changed);
      }

      field.addEventListener("change", () => (fillOps(op.value), fillValue(""), changed()));
      rest.addEventListener("input", changed);
      not.addEventListener("change", changed);
      fillOps(start.op);
      fillValue(start.value);
      made.rule = () => {
        const name = field.value + (rest.hidden ? "" : rest.value.trim());
        const typed = (one) => (field.value.endsWith(".") && NUMBERS.test(one) ? Number(one) : one);
        if (op.value !== "exists" && !value.value.trim()) return null;
        const found = { field: name, op: op.value, value: op.value === "exists" ? value.value === "yes" : op.value === "in" ? value.value.split(/[,，、]/).map((one) => typed(one.trim())).filter((one) => one !== "") : typed(value.value.trim()) };
        return not.checked ? { not: found } : found;
      };
      return made;
    }

    function changed() {
      const rule = whole.rule();
      text.value = rule ? JSON.stringify(rule, null, 1) : "";
      clearTimeout(timer);
      timer = setTimeout(() => htmx.trigger(form, "huabao:count"), COUNT_AFTER_MS);
    }

    const whole = group(started, false);
    root.append(whole);
    root.hidden = false;
    root.addEventListener("change", (event) => {
      if (event.target.closest(".segment-head")) changed();
    });
    text.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => htmx.trigger(form, "huabao:count"), COUNT_AFTER_MS);
    });
  });
})();
