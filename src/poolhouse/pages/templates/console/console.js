// Comfort only: every page works without this.
"use strict";

// Buttons that copy what stands beside them.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    button.setAttribute("aria-live", "polite");
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// Times in the reader's own zone; the original stays as the tooltip.
const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const show = (time) => {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) return;
  time.title = time.textContent;
  time.textContent = shown.format(moment);
};
for (const time of document.querySelectorAll("time[datetime]")) show(time);

// A form that asks for a name lets go of its button when the name is there. The server asks again.
for (const form of document.querySelectorAll("form[data-ask]")) {
  const input = form.querySelector("[name=confirm]"), button = form.querySelector("button.danger, button");
  const update = () => { button.disabled = input.value.trim() !== form.dataset.ask; };
  input.addEventListener("input", update);
  update();
}

// Filters apply when they are changed.
for (const form of document.querySelectorAll("form[data-live]")) {
  let waiting = 0;
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
  });
  form.addEventListener("input", (event) => {
    if (!event.target.matches("input[type=search]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => { sessionStorage.setItem("poolhouse-focus", event.target.id); form.requestSubmit(); }, 450);
  });
}
const focused = sessionStorage.getItem("poolhouse-focus");
if (focused) {
  sessionStorage.removeItem("poolhouse-focus");
  const input = document.getElementById(focused);
  if (input) {
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }
}

// A checkbox that checks those of its table.
for (const all of document.querySelectorAll("[data-all]")) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll(`input[name="${all.dataset.all}"]`)) box.checked = all.checked;
  });
}

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (event.submitter?.matches("[data-download]")) return;  // the page stays, and may be asked again
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Work that goes on by itself while the page is open: its form is sent again, or the page is asked for again, until the
// part is no longer marked. Without this there is a button for it, or the page is loaded again.
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
const followWork = async () => {
  for (let part = document.querySelector("[data-going]"); part?.hasAttribute("data-going");) {
    const form = part.querySelector("form[data-step]");
    const before = part.querySelector("[data-summary]").textContent;
    const answer = await (form
      ? fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) })
      : pause(1000).then(() => fetch(location.href)));
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.getElementById(part.id);
    if (!next) return;
    part.replaceChildren(...next.childNodes);
    part.toggleAttribute("data-going", next.hasAttribute("data-going"));
    const rows = document.getElementById("rows"), newRows = fresh.getElementById("rows");
    if (!form && !part.hasAttribute("data-going")) { location.reload(); return; }
    if (rows && newRows && !location.search.includes("from=")) rows.replaceChildren(...newRows.childNodes);
    const now = part.querySelector("[data-summary]").parentElement.textContent.trim();
    if (!part.hasAttribute("data-going")) document.querySelector("[data-said]").textContent = now;
    else if (part.querySelector("[data-summary]").textContent === before) await pause(1000);
  }
};
followWork();

// A part that follows what happens: fetched every two seconds while somebody looks, for ten minutes at most.
for (const part of document.querySelectorAll("[data-follow]")) {
  const pause = document.querySelector("[data-pause]");
  let runs = true, left = 300;
  const say = (now) => {
    runs = now;
    pause.textContent = runs ? "Pause" : "Go on";
    pause.setAttribute("aria-pressed", String(!runs));
  };
  pause.hidden = false;
  say(true);
  pause.addEventListener("click", () => { left = 300; say(!runs); });
  setInterval(async () => {
    if (!runs || document.hidden || part.contains(document.activeElement)) return;
    if (--left <= 0) say(false);
    const answer = await fetch(part.dataset.follow, { redirect: "error" }).catch(() => null);
    if (!answer || !answer.ok) return say(false);
    part.innerHTML = await answer.text();
    for (const time of part.querySelectorAll("time[datetime]")) show(time);
  }, 2000);
}
