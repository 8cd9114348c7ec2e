"use strict";
// A participant's answers: kept in this browser at once, sent to the server where there is one.
(() => {
  const SETTLE_MS = 400;
  const RETRY_MS = 2000;
  const now = () => new Date().toISOString();

  class Answers {
    // onState: called with "kept", "sending", "sent", "offline" or "elsewhere".
    constructor(design, session, onState) {
      this.design = design;
      this.session = session;
      this.onState = onState;
      this.value = null;
      this.timer = null;
      this.sending = false;
      this.dirty = false;
      this.stopped = false;
    }

    storageKey(participant) {
      return `mixer-listening/${this.design.test_id}/${participant}`;
    }

    lastKey() {
      return `mixer-listening/${this.design.test_id}`;
    }

    // The participant who last answered in this browser, or null.
    lastParticipant() {
      return this.read(this.lastKey());
    }

    read(key) {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null; // no storage, or something else in it
      }
    }

    write(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
        return true;
      } catch {
        return false; // private windows may have none: the file at the end still works
      }
    }

    belongs(value) {
      return value !== null && typeof value === "object" && value.test_id === this.design.test_id
        && Array.isArray(value.page_order);
    }

    // What is kept of a participant: here or on the server, whichever is later; null for nothing.
    async find(participant) {
      const here = this.read(this.storageKey(participant));
      let there = null;
      if (this.session !== null) {
        const reply = await fetch(this.session.answers, { cache: "no-store" });
        if (!reply.ok) throw new Error(await reply.text());
        if (reply.status === 200) there = await reply.json();
      }
      const known = [here, there].filter((value) => this.belongs(value));
      return known.sort((x, y) => y.revision - x.revision)[0] ?? null;
    }

    begin(participant, kept) {
      this.value = kept ?? {
        format: "mixer-listening-answers",
        version: 1,
        test_id: this.design.test_id,
        participant,
        revision: 0,
        complete: false,
        started: now(),
        saved: now(),
        page_order: Listen.pageOrder(this.design, participant),
        pages: {},
        comment: "",
      };
      this.write(this.lastKey(), participant);
      this.save();
    }

    // The answers of a page, made when it is first opened.
    page(page) {
      this.value.pages[page.id] ??= {
        done: false,
        started: now(),
        finished: "",
        order: Listen.stimulusOrder(this.design, page, this.value.participant),
        ratings: {},
        heard_s: {},
        stems_heard_s: {},
        n_switches: 0,
        comment: "",
      };
      return this.value.pages[page.id];
    }

    finishPage(page) {
      const answers = this.page(page);
      answers.done = true;
      answers.finished = now();
      this.value.complete = this.value.page_order.every((id) => this.value.pages[id]?.done);
      this.save();
    }

    // Soon: while a slider moves, its last place is what counts.
    saveSoon() {
      if (this.timer === null) this.timer = setTimeout(() => this.save(), SETTLE_MS);
    }

    save() {
      clearTimeout(this.timer);
      this.timer = null;
      if (this.value === null || this.stopped) return;
      this.value.revision += 1;
      this.value.saved = now();
      this.write(this.storageKey(this.value.participant), this.value);
      this.dirty = true;
      if (this.session === null) this.onState("kept");
      else this.send();
    }

    async send() {
      if (this.sending || !this.dirty || this.stopped) return;
      this.sending = true;
      this.dirty = false;
      this.onState("sending");
      let again = 0;
      try {
        const reply = await fetch(this.session.answers, {
          method: "PUT",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(this.value),
        });
        if (reply.status === 409) {
          // The test goes on in another window; what is there is newer.
          this.stopped = true;
          this.onState("elsewhere");
        } else if (!reply.ok) {
          throw new Error(await reply.text());
        } else {
          this.onState("sent");
        }
      } catch {
        this.dirty = true;
        again = RETRY_MS;
        this.onState("offline");
      }
      this.sending = false;
      if (this.dirty) setTimeout(() => this.send(), again);
    }

    // The file that a participant hands in.
    file() {
      const text = JSON.stringify(this.value, null, 1);
      return {
        name: `answers-${this.value.participant}.json`,
        blob: new Blob([text], { type: "application/json" }),
      };
    }
  }

  Listen.Answers = Answers;
})();
