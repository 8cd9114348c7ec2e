"use strict";
// The screens around the rating pages: who is there, loading, trouble, the end.
(() => {
  const { make } = Listen;

  const KEYS = [
    ["1 to 9", "hear that mix, and go to its slider"],
    ["Space", "play and pause"],
    ["arrow keys, Page Up, Page Down", "move a slider"],
    ["Tab", "go to the next control"],
    ["S, E, W", "loop from here, to here, or all"],
    ["Shift + 1, 2, 3, 4", "hear a dry stem"],
  ];

  function scaleList(design) {
    return make("dl", { class: "scales" }, ...design.scales.flatMap((scale) => [
      make("dt", {}, scale.name),
      make("dd", {}, `${scale.question} From ${scale.words[0]} (0) to ${scale.words.at(-1)} (100).`),
    ]));
  }

  function instructions(design, nPages) {
    const songs = nPages === 1 ? "one page" : `${nPages} pages`;
    return [
      make("p", {}, `You will hear several mixes of each song, on ${songs}. They differ in nothing `
        + "but the mix: all are equally loud. Rate every mix on three scales:"),
      scaleList(design),
      make("p", {}, "There is no right answer. Use headphones or good loudspeakers in a quiet "
        + "room, set a comfortable volume on the first page, and leave it there. You can change "
        + "between the mixes as often as you like: they play on at the same place. Use the scale "
        + "as widely as the mixes differ. The dry stems are the recordings before mixing."),
      make("p", {}, `Listen to every mix for at least ${design.least_heard_s} s. You may stop `
        + "at any time and go on later in this browser: your answers are kept."),
      make("details", {}, make("summary", {}, "Keys"),
        make("dl", { class: "keys" }, ...KEYS.flatMap(([key, what]) => [
          make("dt", {}, make("kbd", {}, key)), make("dd", {}, what),
        ]))),
    ];
  }

  // onBegin(participant): a participant begins or goes on.
  Listen.welcomeScreen = ({ design, session, lastParticipant, nPages, onBegin }) => {
    const known = session?.participant ?? lastParticipant;
    const name = make("input", {
      id: "participant", type: "text", required: true, maxlength: "40", autocomplete: "off",
      spellcheck: "false", pattern: "[A-Za-z0-9][A-Za-z0-9_\\-]*",
      title: "Letters, digits, - and _", "aria-describedby": "participant-help",
    });
    name.value = known ?? "";
    name.readOnly = session !== null;
    const form = make(
      "form",
      {
        class: "begin",
        onsubmit: (event) => {
          event.preventDefault();
          onBegin(name.value.trim());
        },
      },
      make("label", { for: "participant" }, "Your name or code"),
      name,
      make("p", { id: "participant-help", class: "help" }, session !== null
        ? "It came with your link."
        : "As the organiser told you, or one that you choose. It is kept with your answers."),
      make("button", { class: "next" }, known ? "Continue" : "Begin"),
    );
    return make("div", { class: "text" }, make("h1", {}, design.title),
      ...instructions(design, nPages), form);
  };

  Listen.loadingScreen = () => {
    const bar = make("progress", { max: "1", value: "0", "aria-label": "Loading audio" });
    const element = make("div", { class: "text loading" }, make("p", {}, "Loading audio …"),
      bar);
    return { element, show: (share) => { bar.value = share; } };
  };

  Listen.troubleScreen = (text, onAgain) => make(
    "div", { class: "text", role: "alert" },
    make("h1", {}, "Something went wrong"),
    make("p", {}, text),
    make("button", { type: "button", class: "next", onclick: onAgain }, "Try again"),
  );

  Listen.endScreen = ({ answers, session }) => {
    const comment = make("textarea", { id: "comment", rows: "3", maxlength: "2000" });
    comment.value = answers.value.comment;
    comment.addEventListener("input", () => {
      answers.value.comment = comment.value;
      answers.saveSoon();
    });
    const save = make("button", {
      type: "button", class: session === null ? "next" : "small",
      onclick: () => {
        answers.save();
        const { name, blob } = answers.file();
        const link = make("a", { href: URL.createObjectURL(blob), download: name });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      },
    }, "Save my answers as a file");
    const what = session === null
      ? "Save your answers as a file now, and give it to the organiser."
      : "Your answers are with the organiser as soon as it says “sent” below. You may close "
        + "this page then.";
    return make("div", { class: "text end" }, make("h1", {}, "Thank you"), make("p", {}, what),
      make("label", { class: "comment" }, "Anything to add? (if you like)", comment),
      make("p", {}, save));
  };
})();
