// The panels beside the console, one open at a time, and their tabs.

import { html } from "../shared/axes.js";

export class PanelTabs {
  /** `panels`: `{id: label}`; `onOpen()` is called when another one is seen. Their elements are `hosts`, by id. */
  constructor(place, panels, onOpen) {
    this.ids = Object.keys(panels);
    this.onOpen = onOpen;
    this.hosts = Object.fromEntries(Object.entries(panels).map(([id, label]) =>
      [id, html("div", { id: `panel-${id}`, className: "panel", role: "tabpanel", "aria-label": label })]));
    this.tabs = Object.entries(panels).map(([id, label]) => this.tab(id, label));
    place.append(html("div", { className: "tabs", role: "tablist", "aria-label": "Panels" }, ...this.tabs), ...Object.values(this.hosts));
  }

  tab(id, text) {
    const tab = html("button", { type: "button", role: "tab", text, "aria-controls": `panel-${id}` });
    tab.addEventListener("click", () => this.open(id));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.step(step);
      this.tabs[this.ids.indexOf(this.opened)].focus();
    });
    return tab;
  }

  open(id) {
    this.opened = id;
    this.ids.forEach((each, place) => {
      this.hosts[each].hidden = each !== id;
      this.tabs[place].setAttribute("aria-selected", String(each === id));
      this.tabs[place].tabIndex = each === id ? 0 : -1;
    });
    this.onOpen();
  }

  step(by) {
    const { ids } = this;
    this.open(ids[(ids.indexOf(this.opened) + by + ids.length) % ids.length]);
  }

  next() {
    this.step(1);
  }
}
