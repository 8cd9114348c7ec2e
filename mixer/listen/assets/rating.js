"use strict";
// One page: a song's mixes, the scales of each, the player, and the way on.
(() => {
  const { make, letter } = Listen;
  const NOT_RATED = "not rated";

  // The word of a scale nearest to a value from 0 to 100.
  Listen.wordAt = (scale, value) => scale.words[Math.round((value / 100) * (scale.words.length - 1))];

  class RatingPage {
    constructor({ design, page, heading, answers, player, onDone }) {
      Object.assign(this, { design, page, answers, player, onDone });
      this.given = answers.page(page);
      this.rows = this.given.order.map((id, index) => this.row(id, index));
      this.column = 0; // the scale that was last touched: keys stay in it
      const extras = [
        ...(page.reference ? [{ id: "reference", name: "Reference", keys: "0", isMix: true }] : []),
        ...page.stems.map((stem, index) => ({
          id: stem.id,
          name: stem.id[0].toUpperCase() + stem.id.slice(1),
          keys: `Shift+${index + 1}`,
        })),
      ];
      this.transport = new Listen.Transport(
        player, extras, (id, seconds) => this.heard(id, seconds), () => this.changed(),
      );
      this.next = make(
        "button", { type: "button", class: "next", onclick: () => this.leave() }, "Next",
      );
      this.comment = make("textarea", {
        id: "comment", rows: "2", maxlength: "2000",
        oninput: () => {
          this.given.comment = this.comment.value;
          answers.saveSoon();
        },
      });
      this.comment.value = this.given.comment;
      this.element = make(
        "div", { class: "rating" },
        make("h1", {}, heading),
        ...this.introduction(),
        make("div", { class: "mixes" }, this.header(), ...this.rows.map((row) => row.element)),
        make("label", { class: "comment" }, "Remarks (if you like)", this.comment),
        make("div", { class: "way-on" }, this.next),
        this.transport.element,
      );
      this.onKey = (event) => this.key(event);
      document.addEventListener("keydown", this.onKey);
      for (const row of this.rows) this.showRow(row);
    }

    close() {
      document.removeEventListener("keydown", this.onKey);
      this.transport.close();
    }

    introduction() {
      const texts = [];
      if (this.page.kind === "training") {
        texts.push("This page is for practice: what you answer here does not count. Listen to "
          + "every mix, and find out how far they differ.");
      }
      if (this.page.reference) {
        texts.push("The reference is a mix that counts as 100 on every scale. It is also hidden "
          + "among the mixes below.");
      }
      return texts.map((text) => make("p", { class: "introduction" }, text));
    }

    header() {
      const scales = this.design.scales.map((scale) => make(
        "div", { class: "scale" },
        make("strong", {}, scale.name),
        make("span", { class: "question" }, scale.question),
        make("span", { class: "words" }, ...scale.words.map((word) => make("span", {}, word))),
      ));
      return make("div", { class: "header", "aria-hidden": "true" }, make("div"), ...scales);
    }

    row(id, index) {
      const name = `Mix ${letter(index)}`;
      const row = { id, index, name };
      row.heard = make("span", { class: "heard" });
      row.button = make(
        "button",
        {
          type: "button", class: "mix", "aria-pressed": "false",
          "aria-keyshortcuts": String(index + 1), onclick: () => this.choose(row),
        },
        make("span", { class: "name" }, name),
        ...(index < 9 ? [make("kbd", { "aria-hidden": "true" }, String(index + 1))] : []),
      );
      row.cells = this.design.scales.map((scale, column) => this.cell(row, scale, column));
      row.element = make(
        "div", { class: "row", role: "group", "aria-label": name },
        make("div", { class: "head" }, row.button, row.heard),
        ...row.cells.map((cell) => cell.element),
      );
      return row;
    }

    cell(row, scale, column) {
      const output = make("output", { "aria-hidden": "true" });
      const slider = make("input", {
        type: "range", min: "0", max: "100", step: "1", value: "50",
        "aria-label": `${scale.name} of ${row.name}`,
        oninput: () => this.rate(row, cell, Number(slider.value)),
        // A click on the middle moves nothing, and is an answer all the same; so is Enter.
        onclick: () => this.rate(row, cell, Number(slider.value)),
        onkeydown: (event) => {
          if (event.key === "Enter") this.rate(row, cell, Number(slider.value));
        },
        onfocus: () => { this.column = column; },
      });
      const words = make(
        "span", { class: "words", "aria-hidden": "true" },
        make("span", {}, scale.words[0]), make("span", {}, scale.words.at(-1)),
      );
      const element = make(
        "div", { class: "cell" },
        make("span", { class: "cell-name", "aria-hidden": "true" }, scale.name),
        slider, output, words,
      );
      const cell = { scale, slider, output, element };
      return cell;
    }

    rate(row, cell, value) {
      this.given.ratings[row.id] ??= {};
      this.given.ratings[row.id][cell.scale.id] = value;
      this.transport.notice.textContent = "";
      this.answers.saveSoon();
      this.showRow(row);
    }

    choose(row) {
      this.transport.notice.textContent = "";
      this.transport.choose(row.id);
    }

    heard(id, seconds) {
      if (id === null) return;
      const row = this.rows.find((one) => one.id === id);
      const table = row ? this.given.heard_s : this.given.stems_heard_s;
      const before = table[id] ?? 0;
      table[id] = Math.round((before + seconds) * 1000) / 1000;
      if (row) {
        this.showRow(row);
        // What is short of a page's least is saved as it grows; later only with the rest.
        if (Math.floor(before) !== Math.floor(table[id]) && !this.isHeard(row, before)) {
          this.answers.saveSoon();
        }
      }
    }

    changed() {
      if (this.player.playing) this.given.n_switches += 1;
      this.answers.saveSoon();
      for (const row of this.rows) this.showRow(row);
    }

    isHeard(row, seconds = this.given.heard_s[row.id] ?? 0) {
      return seconds >= this.design.least_heard_s;
    }

    showRow(row) {
      const chosen = this.player.choice === row.id;
      row.button.setAttribute("aria-pressed", String(chosen));
      row.element.classList.toggle("chosen", chosen);
      const left = Math.ceil(this.design.least_heard_s - (this.given.heard_s[row.id] ?? 0));
      const text = this.isHeard(row) ? "heard" : `${left} s to hear`;
      if (row.heard.textContent !== text) row.heard.textContent = text;
      row.heard.classList.toggle("done", this.isHeard(row));
      for (const cell of row.cells) {
        const value = this.given.ratings[row.id]?.[cell.scale.id];
        const isSet = value !== undefined;
        const words = isSet ? `${value}, ${Listen.wordAt(cell.scale, value)}` : NOT_RATED;
        if (isSet && Number(cell.slider.value) !== value) cell.slider.value = String(value);
        cell.slider.classList.toggle("set", isSet);
        cell.slider.setAttribute("aria-valuetext", words);
        cell.output.textContent = isSet ? `${value} · ${Listen.wordAt(cell.scale, value)}` : "–";
      }
    }

    // What is missing, each with the control that resolves it.
    missing() {
      return this.rows.flatMap((row) => [
        ...(this.isHeard(row) ? [] : [{ text: `${row.name} was not heard for `
          + `${this.design.least_heard_s} s`, control: row.button }]),
        ...row.cells
          .filter((cell) => this.given.ratings[row.id]?.[cell.scale.id] === undefined)
          .map((cell) => ({
            text: `${row.name} has no ${cell.scale.name}`, control: cell.slider,
          })),
      ]);
    }

    leave() {
      this.transport.count();
      const missing = this.missing();
      if (missing.length > 0) {
        const more = missing.length > 1 ? ` (and ${missing.length - 1} more)` : "";
        // In the bar that stays in sight: the control it names may be far from this button.
        this.transport.notice.textContent = `${missing[0].text}${more}.`;
        missing[0].control.focus();
        return;
      }
      this.onDone();
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.comment) return;
      const isButton = event.target instanceof HTMLButtonElement;
      const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
      const extra = this.transport.extras.find(
        ({ keys }) => keys === (event.shiftKey ? `Shift+${digit}` : digit),
      );
      const actions = {
        s: () => this.transport.setLoop(this.player.position(), null),
        e: () => this.transport.setLoop(null, this.player.position()),
        w: () => this.transport.setLoop(0, this.player.duration),
      };
      if (event.code === "Space" && !isButton) {
        this.transport.toggle();
      } else if (digit !== undefined && extra) {
        this.transport.choose(extra.id);
      } else if (digit !== undefined && !event.shiftKey && this.rows[Number(digit) - 1]) {
        const row = this.rows[Number(digit) - 1];
        this.choose(row);
        row.cells[this.column].slider.focus();
      } else if (actions[event.key.toLowerCase()] && !event.shiftKey) {
        actions[event.key.toLowerCase()]();
      } else {
        return;
      }
      event.preventDefault();
    }
  }

  Listen.RatingPage = RatingPage;
})();
