"use strict";
// The bar that plays: play and pause, position, the loop's two ends, stems, volume.
(() => {
  // Elements from what they are: make("button", { class: "x" }, "text", child).
  Listen.make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (typeof value === "boolean") element.toggleAttribute(name, value);
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };
  const make = Listen.make;
  const TICK_MS = 100;
  const time = (seconds) => `${seconds.toFixed(1)} s`;

  Listen.letter = (index) => String.fromCharCode(65 + index);

  class Transport {
    // extras: [{ id, name, keys, isMix }], what can be heard beside the mixes to rate.
    // onHeard(id, seconds): called while something sounds. onChange(): another choice or state.
    constructor(player, extras, onHeard, onChange) {
      this.player = player;
      this.onHeard = onHeard;
      this.onChange = onChange;
      this.last = null;
      this.scrubbing = false;
      this.play = make("button", {
        class: "play", type: "button", "aria-keyshortcuts": "Space", onclick: () => this.toggle(),
      });
      this.position = this.range("Position", () => {
        player.seek(Number(this.position.value));
        this.show();
      });
      this.start = this.range("Loop start", () => this.setLoop(Number(this.start.value), null));
      this.end = this.range("Loop end", () => this.setLoop(null, Number(this.end.value)));
      this.shade = make("span", { class: "shade" });
      this.clock = make("span", { class: "clock", "aria-hidden": "true" });
      this.volume = make("input", {
        type: "range", min: "0", max: "100", value: "100", "aria-label": "Volume",
        oninput: () => player.setVolume((Number(this.volume.value) / 100) ** 2),
      });
      this.extras = extras.map((extra) => ({
        ...extra,
        button: make(
          "button",
          {
            type: "button", class: "extra", "aria-pressed": "false",
            "aria-keyshortcuts": extra.keys, title: `Key: ${extra.keys}`,
            onclick: () => this.choose(extra.id),
          },
          extra.name,
        ),
      }));
      const act = (text, keys, action) => make(
        "button",
        { type: "button", class: "small", "aria-keyshortcuts": keys, title: `Key: ${keys}`,
          onclick: action },
        text,
      );
      this.notice = make("p", { class: "todo", role: "alert" });
      this.element = make(
        "section", { class: "transport", "aria-label": "Player" }, this.notice,
        make(
          "div", { class: "bar" }, this.play,
          make("div", { class: "line" }, this.position,
            make("div", { class: "loop" }, this.shade, this.start, this.end)),
          this.clock,
          ...this.extras.filter((extra) => extra.isMix).map((extra) => extra.button),
          make("label", { class: "group volume" }, make("span", { class: "title" }, "Volume"),
            this.volume),
        ),
        make(
          "div", { class: "bar" },
          make("div", { class: "group", role: "group", "aria-label": "Loop" },
            act("Loop from here", "S", () => this.setLoop(player.position(), null)),
            act("to here", "E", () => this.setLoop(null, player.position())),
            act("all", "W", () => this.setLoop(0, player.duration))),
          make("div", { class: "group", role: "group", "aria-label": "Dry stems" },
            make("span", { class: "title" }, "Dry stems"),
            ...this.extras.filter((extra) => !extra.isMix).map((extra) => extra.button)),
        ),
      );
      for (const input of [this.position, this.start, this.end]) {
        input.max = String(player.duration);
      }
      this.timer = setInterval(() => this.tick(), TICK_MS);
      this.show();
    }

    range(label, oninput) {
      return make("input", {
        type: "range", min: "0", max: "1", step: "0.05", value: "0", "aria-label": label, oninput,
      });
    }

    close() {
      this.count();
      clearInterval(this.timer);
      this.player.pause();
    }

    // A call or another program may have put the sound to sleep.
    wake() {
      if (this.player.context.state !== "running") this.player.context.resume();
    }

    toggle() {
      this.wake();
      if (this.player.playing) this.pause();
      else this.player.play();
      this.count();
      this.show();
      this.onChange();
    }

    pause() {
      this.count();
      this.player.pause();
    }

    // Choosing also plays: one click or one key to hear something.
    choose(id) {
      this.wake();
      this.count();
      this.player.choose(id);
      this.player.play();
      this.show();
      this.onChange();
    }

    setLoop(start, end) {
      const loop = this.player.loop;
      this.player.setLoop(start ?? loop.start, end ?? loop.end);
      this.show();
    }

    // Seconds since the last call go to what sounded.
    count() {
      const now = this.player.context.currentTime;
      if (this.last !== null && this.player.playing) {
        this.onHeard(this.player.choice, now - this.last);
      }
      this.last = now;
    }

    tick() {
      this.count();
      this.player.tick();
      this.show();
    }

    show() {
      const { player } = this;
      const position = player.position();
      const label = player.playing ? "Pause" : "Play";
      if (this.play.textContent !== label) this.play.textContent = label;
      this.play.classList.toggle("on", player.playing);
      this.put(this.position, position);
      this.put(this.start, player.loop.start);
      this.put(this.end, player.loop.end);
      this.shade.style.left = `${(100 * player.loop.start) / player.duration}%`;
      this.shade.style.right = `${100 - (100 * player.loop.end) / player.duration}%`;
      this.clock.textContent = `${position.toFixed(1)} / ${time(player.duration)}`;
      for (const extra of this.extras) {
        extra.button.setAttribute("aria-pressed", String(player.choice === extra.id));
      }
    }

    put(input, value) {
      // The step under a finger stays where the finger is.
      if (!input.matches(":active")) input.value = String(value);
      // Read aloud only where it is asked for: a text that changes ten times a second is noise.
      if (document.activeElement !== input || !this.player.playing || input !== this.position) {
        input.setAttribute("aria-valuetext", time(value));
      }
    }
  }

  Listen.Transport = Transport;
})();
