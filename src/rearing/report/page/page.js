"use strict";
(() => {
  const root = document.documentElement;
  const all = (css, within = document) => [...within.querySelectorAll(css)];
  all(".js").forEach(e => { e.hidden = false; });
  root.classList.add("scripted");

  // Lenses: show the sections that carry the lens's class; pressing it again shows everything.
  const sections = all("main > section");
  const buttons = all("button[data-lens]");
  const status = document.querySelector(".lens-status");
  const look = lens => {
    root.dataset.lens = lens;
    buttons.forEach(b => b.setAttribute("aria-pressed", String(b.dataset.lens === lens)));
    sections.forEach(s => { s.hidden = lens !== "" && !s.classList.contains(lens); });
    all(".lens-words li").forEach(l => { l.hidden = lens !== "" && l.dataset.for !== lens; });
    all("nav.contents a").forEach(a => { a.hidden = document.querySelector(a.getAttribute("href")).hidden; });
    const shown = sections.filter(s => !s.hidden).length;
    status.textContent = lens === "" ? `All ${sections.length} sections are shown.`
      : `${shown} of ${sections.length} sections are shown. Press the lens again to see everything.`;
  };
  buttons.forEach(b => b.addEventListener("click", () => look(root.dataset.lens === b.dataset.lens ? "" : b.dataset.lens)));
  look("");

  // One lesson at a time.
  const choice = document.getElementById("lesson-choice");
  const lesson = id => {
    all("details.lesson").forEach(d => { d.hidden = d.id !== id; d.open = d.id === id; });
    choice.value = id;
  };
  if (choice) {
    choice.addEventListener("change", () => lesson(choice.value));
    lesson(choice.value);
  }

  // A scenario's name opens its items.
  all("table.drill tr.open").forEach(row => {
    const name = row.previousElementSibling.querySelector("th");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name.textContent;
    button.setAttribute("aria-expanded", "false");
    name.replaceChildren(button);
    row.hidden = true;
    button.addEventListener("click", () => {
      row.hidden = !row.hidden;
      row.querySelector("details").open = !row.hidden;
      button.setAttribute("aria-expanded", String(!row.hidden));
    });
  });
  const filter = document.getElementById("filter");
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    all("table.drill tbody").forEach(b => { b.hidden = !b.dataset.name.toLowerCase().includes(wanted); });
  });

  // Paper shows what is folded, but for items and documents.
  const folded = () => all("details:not([open])").filter(d => !d.closest("#items, #arms, #rejudge"));
  let unfolded = [];
  addEventListener("beforeprint", () => { unfolded = folded(); unfolded.forEach(d => { d.open = true; }); });
  addEventListener("afterprint", () => { unfolded.forEach(d => { d.open = false; }); });

  // A link into something hidden shows it first.
  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.closest("section[hidden]")) look("");
    if (target.matches("details.lesson")) lesson(target.id);
    if (target.matches("details")) target.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
})();
