"use strict";
// The way through the test: welcome, page after page, the end.
(() => {
  const { design, session, make } = Listen;
  const STATES = {
    kept: "Answers kept in this browser",
    sending: "Sending …",
    sent: "Answers sent",
    offline: "Not sent yet: no connection. Keep this page open, it tries again.",
    elsewhere: "The test is open in another window: use that one, or reload this page.",
  };
  const main = document.getElementById("main");
  const news = document.getElementById("news");
  const state = make("p", { class: "state" });
  const answers = new Listen.Answers(design, session, (name) => {
    state.textContent = STATES[name];
    state.className = `state ${name}`;
  });
  let player = null;
  let open = null; // the rating page that is shown

  document.title = design.title;

  function show(element, ...more) {
    if (open) open.close();
    open = null;
    main.replaceChildren(element, ...more);
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  function trouble(error, again) {
    show(Listen.troubleScreen(error.message, again));
  }

  // Only a click or a key may wake the sound: this runs in theirs.
  function wakeSound() {
    player ??= new Listen.Player(new AudioContext({
      sampleRate: design.sample_rate, latencyHint: "interactive",
    }));
    player.context.resume();
  }

  async function begin(participant) {
    try {
      wakeSound();
      answers.begin(participant, await answers.find(participant));
    } catch (error) {
      trouble(error, () => begin(participant));
      return;
    }
    nextPage();
  }

  function nextPage() {
    const order = answers.value.page_order;
    const index = order.findIndex((id) => !answers.value.pages[id]?.done);
    if (index < 0) {
      show(Listen.endScreen({ answers, session }), state);
      news.textContent = "The test is done.";
      return;
    }
    openPage(design.pages.find((page) => page.id === order[index]), index, order);
  }

  async function openPage(page, index, order) {
    const loading = Listen.loadingScreen();
    show(loading.element);
    const wanted = [
      ...page.stimuli, ...page.stems,
      ...(page.reference ? [{ id: "reference", sound: page.reference }] : []),
    ];
    let buffers;
    try {
      buffers = await Listen.loadSounds(
        player.context, wanted.map(({ sound }) => sound), loading.show,
      );
    } catch (error) {
      trouble(error, () => openPage(page, index, order));
      return;
    }
    player.load(wanted.map(({ id, sound }) => [id, buffers.get(sound)]));
    const counted = order.filter((id) => design.pages.find((p) => p.id === id).kind !== "training");
    const heading = page.kind === "training"
      ? "Practice" : `Song ${counted.indexOf(page.id) + 1} of ${counted.length}`;
    const rating = new Listen.RatingPage({
      design, page, heading, answers, player,
      onDone: () => {
        answers.finishPage(page);
        nextPage();
      },
    });
    player.choose(answers.page(page).order[0]);
    show(rating.element, state);
    open = rating;
    rating.changed();
    news.textContent = heading;
  }

  // The last seconds count too, and a phone may never come back to a page it hid.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") answers.save();
  });

  const participant = session?.participant ?? answers.lastParticipant();
  show(Listen.welcomeScreen({
    design, session, lastParticipant: typeof participant === "string" ? participant : null,
    nPages: Listen.pageOrder(design, participant ?? "").length, onBegin: begin,
  }));
  // For whoever looks behind the page, as its tests do.
  Listen.test = { answers, page: () => open, player: () => player };
})();
