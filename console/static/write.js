/* A draft in the browser: its parts, what of them is not saved yet, and saving them one request at a time.
   What is not saved lies in the browser's own store until the server has said that it has it. */
(() => {
  "use strict";

  const root = document.getElementById("write");
  if (!root) return;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = read("draft-words");
  const edition = root.dataset.edition;
  const base = `/editions/${edition}/draft`;
  const WAIT_MS = 1200;
  const AGAIN_MS = [2000, 4000, 8000, 15000, 30000];
  const STALE_STASH_MS = 8000;
  const ANSWER_MS = 400;
  const DOUBTS_MAX = 5;

  let server = read("draft-state");
  const parts = new Map();
  const digests = new Map();
  const dirty = new Set();
  const listeners = {};
  let flight = false;
  let tries = 0;
  let timer = 0;
  let stopped = "";

  /* Values that went to the server and of which no answer came: it may have them. By part. */
  const doubtful = new Map();

  const kept = (act, otherwise) => { try { return act(); } catch (error) { return otherwise; } };
  /* A page has a store of its own: a tab that was duplicated has the session's store of the first, and both would write into one.
     `before` is whose store this tab had until it was loaded anew, or that of the tab it was made of. */
  const tab = Array.from(crypto.getRandomValues(new Uint32Array(3)), (one) => one.toString(36)).join("");
  const before = kept(() => sessionStorage.getItem("huabao-tab"), null);
  kept(() => sessionStorage.setItem("huabao-tab", tab));
  const prefix = `huabao-draft:${edition}:${server.me}:`;
  const stashKey = prefix + tab;
  const living = new Set();
  const channel = kept(() => new BroadcastChannel(prefix), null);
  if (channel) channel.addEventListener("message", ({ data }) => { if (data.ask) channel.postMessage({ lives: tab }); else living.add(data.lives); });

  const say = (name, values = {}) => Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), (Number(values.n) === 1 && words[`${name}_one`]) || words[name] || name);
  const on = (name, act) => (listeners[name] = listeners[name] || []).push(act);
  const emit = (name, ...what) => (listeners[name] || []).forEach((act) => act(...what));
  const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
  const sorted = (value) => Array.isArray(value) ? value.map(sorted) : value && typeof value === "object" ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value;
  const clone = (value) => value === undefined ? undefined : JSON.parse(JSON.stringify(value));

  function partsOf(found) {
    const { sections, pages, ...head } = found.edition;
    const made = { head, ...found.articles, ...found.pictures };
    if (sections) made.sections = sections;
    if (pages) made.pages = pages;
    return made;
  }

  /* Take what the server has: every part that is not being written here. */
  function take(found, { all = false } = {}) {
    const given = partsOf(found.document);
    const changed = [];
    for (const name of new Set([...parts.keys(), ...Object.keys(given)])) {
      if (dirty.has(name) && !all) continue;
      if (!same(parts.get(name), given[name])) changed.push(name);
      if (given[name] === undefined) { parts.delete(name); digests.delete(name); } else { parts.set(name, given[name]); digests.set(name, found.digests[name]); }
    }
    if (all) dirty.clear();
    server = { ...server, ...found };
    return changed;
  }

  function set(name, value) {
    if (same(parts.get(name), value)) return;
    if (value === null || value === undefined) parts.delete(name); else parts.set(name, clone(value));
    dirty.add(name);
    stash();
    emit("changed", name);
    show();
    later(WAIT_MS);
  }

  function later(ms) {
    clearTimeout(timer);
    timer = setTimeout(save, ms);
  }

  function stash() {
    try {
      if (!dirty.size) { localStorage.removeItem(stashKey); return; }
      const left = Object.fromEntries([...dirty].map((name) => [name, { was: digests.get(name) || "", value: parts.has(name) ? parts.get(name) : null, sent: doubtful.get(name) || [] }]));
      localStorage.setItem(stashKey, JSON.stringify({ at: Date.now(), parts: left }));
      emit("untold", "stash");
    } catch (error) {
      emit("told", "stash", "held", say("stash_full"));
    }
  }

  async function ask(path, { form, body, headers = {}, type } = {}) {
    const options = { redirect: "manual", credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json", ...headers } };
    if (form) { options.method = "POST"; options.body = new URLSearchParams({ csrf: server.csrf, ...form }); }
    if (body !== undefined) { options.method = "POST"; options.body = body; options.headers["X-Huabao-Form"] = server.csrf; options.headers["Content-Type"] = type || "application/octet-stream"; }
    const found = await fetch(path, options);
    if (found.type === "opaqueredirect" || found.status === 401) return { status: 401, data: {} };
    let data = {};
    try { data = await found.json(); } catch (error) { data = {}; }
    return { status: found.status, data };
  }

  async function save() {
    clearTimeout(timer);
    if (flight || !dirty.size) return;
    flight = true;
    show();
    const sent = new Map([...dirty].map((name) => [name, clone(parts.has(name) ? parts.get(name) : null)]));
    for (const [name, value] of sent) doubtful.set(name, [...(doubtful.get(name) || []), value].slice(-DOUBTS_MAX));
    stash();
    const changes = [...sent].map(([part, value]) => ({ part, value, was: digests.get(part) || "" }));
    let found;
    try {
      found = await ask(base, { body: JSON.stringify({ changes }), type: "application/json" });
    } catch (error) {
      found = { status: 0, data: {} };
    }
    flight = false;
    settle(found, sent);
  }

  const tried = (name, value) => (doubtful.get(name) || []).some((one) => same(one, value));

  function settle({ status, data }, sent) {
    if (status === 200) {
      tries = 0;
      stopped = "";
      emit("untold", "saving");
      const mine = data.conflicts.filter((one) => tried(one.part, one.value));  // saved before, and the answer was lost
      for (const one of mine) digests.set(one.part, data.digests[one.part] || "");
      const conflicts = data.conflicts.filter((one) => !mine.includes(one));
      const conflicting = new Set(data.conflicts.map((one) => one.part));
      for (const name of sent.keys()) doubtful.delete(name);
      for (const [name, value] of sent) {
        if (conflicting.has(name)) continue;
        digests.set(name, data.digests[name] || "");
        if (same(parts.has(name) ? parts.get(name) : null, value)) dirty.delete(name);
      }
      const others = take(data);
      stash();
      if (conflicts.length) { stopped = "conflict"; emit("conflict", conflicts); }
      if (others.length) emit("taken", others);
      emit("saved", data.saved);
      if (dirty.size && !stopped) later(WAIT_MS);
    } else if (status === 401) {
      stopped = "signed_out";
      emit("told", "saving", "held", say("signed_out"), { text: say("sign_in"), href: "/sign-in?next=/editions", target: "_blank" });
    } else if (status === 403) {
      stopped = "forbidden";
      refresh();
    } else if (status === 409) {
      stopped = "held";
      if (data.state) take(data.state);
      emit("told", "saving", "held", say("held_by_other", { who: data.problem }), { text: say("take_over"), act: () => emit("take-over") });
    } else if (status === 422 || status === 400 || status === 413) {
      stopped = "refused";
      emit("told", "saving", "failed", data.problem || data.error || say("too_large"));
    } else {
      const wait = AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)];
      emit("told", "saving", "held", say("offline"));
      later(wait);
    }
    show();
  }

  /* Look what the server has: another tab or person may have saved, or somebody signed in again. */
  async function refresh() {
    if (flight) return;
    let found;
    try { found = await ask(base); } catch (error) { return; }
    if (found.status !== 200) return;
    const before = server.revision;
    if (found.data.me !== server.me) {
      emit("told", "saving", "failed", say("other_account", { name: found.data.me }));
      stopped = "account";
      return;
    }
    const others = take(found.data);
    if (found.data.revision !== before && others.length) emit("taken", others);
    if (["signed_out", "forbidden", "held"].includes(stopped)) { stopped = ""; emit("untold", "saving"); if (dirty.size) later(200); }
    show();
  }

  function show() {
    const line = document.getElementById("saved");
    const at = server.saved_at ? new Date(server.saved_at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "Asia/Shanghai" }) : "";
    const text = flight ? say("saving") : dirty.size ? say("unsaved") : at ? say("saved_at", { at, name: server.saved_by }) : say("nothing_yet");
    if (line.textContent !== text) line.textContent = text;
    line.dataset.state = flight ? "saving" : dirty.size ? "unsaved" : "saved";
    emit("state", server);
  }

  const othersStores = () => kept(() => Object.keys(localStorage).filter((one) => one.startsWith(prefix) && one !== stashKey), []);

  /* Ask who lives, then take what the others left behind unsaved. */
  function recover() {
    if (stopped === "conflict" || !othersStores().length) return;
    living.clear();
    if (channel) channel.postMessage({ ask: true });
    setTimeout(recoverLeft, channel ? ANSWER_MS : 0);
  }

  /* Whether the page of that store may still be there: it answered, or nobody can say and its store is young. */
  function isThere(owner, at) {
    return living.has(owner) || (owner !== before && Date.now() - at < STALE_STASH_MS);
  }

  /* A part that is being written here, or of which two pages left texts, stays in its store until this one is saved: none is put over another. */
  function recoverLeft() {
    const taken = [];
    const conflicts = [];
    for (const key of othersStores()) {
      const left = kept(() => JSON.parse(localStorage.getItem(key)), null);
      if (!left || !left.parts) { kept(() => localStorage.removeItem(key)); continue; }
      if (isThere(key.slice(prefix.length), left.at)) continue;
      for (const [name, one] of Object.entries(left.parts)) {
        const there = parts.has(name) ? parts.get(name) : null;
        if (!same(there, one.value) && dirty.has(name)) continue;
        delete left.parts[name];
        if (same(there, one.value)) continue;
        const untouched = (digests.get(name) || "") === one.was || (one.sent || []).some((value) => same(value, there));
        if (one.value === null) parts.delete(name); else parts.set(name, one.value);
        dirty.add(name);
        if (untouched) taken.push(name); else conflicts.push({ part: name, value: there });
      }
      stash();
      if (Object.keys(left.parts).length) kept(() => localStorage.setItem(key, JSON.stringify(left))); else kept(() => localStorage.removeItem(key));
    }
    if (taken.length) { emit("told", "recovered", "pending", say("recovered", { n: taken.length })); later(200); }
    if (taken.length || conflicts.length) emit("taken", [...taken, ...conflicts.map((one) => one.part)]);
    if (conflicts.length) { stopped = "conflict"; emit("conflict", conflicts); }
  }

  /* Decide a conflict: mine goes over theirs, or theirs stands. */
  function decide(part, theirs, mine) {
    if (!mine) { dirty.delete(part); }
    return refresh().then(() => {
      const given = partsOf(server.document)[part];
      digests.set(part, server.digests[part] || "");
      if (!mine) { if (given === undefined) parts.delete(part); else parts.set(part, given); }
      emit("taken", [part]);  // what is mine may be what another page left, and the form shows something else
      stopped = "";
      stash();
      show();
      later(200);
    });
  }

  take(server, { all: true });
  window.Draft = {
    root, words, edition, base, parts, dirty, say, on, emit, set, save, refresh, ask, take, decide, clone, same, show,
    get: (name) => clone(parts.get(name)),
    get server() { return server; },
    get busy() { return flight || dirty.size > 0; },
    adopt(found) { const changed = take(found, { all: true }); stash(); emit("taken", changed); show(); },
  };

  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); else { refresh(); } });
  window.addEventListener("focus", () => { if (stopped) refresh(); });
  window.addEventListener("online", () => later(100));
  window.addEventListener("pagehide", stash);
  window.addEventListener("beforeunload", (event) => { stash(); if (dirty.size) { save(); event.preventDefault(); } });
  setInterval(() => { if (dirty.size) stash(); else if (!document.hidden) refresh(); }, 20000);
  setInterval(() => { if (dirty.size) stash(); }, 4000);
  setInterval(recover, STALE_STASH_MS + 2000);
  document.addEventListener("DOMContentLoaded", () => { recover(); show(); });
})();
