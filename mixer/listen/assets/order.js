"use strict";
// Random orders that a participant's name gives back, so that a reload changes nothing.
window.Listen = {};

(() => {
  // FNV-1a over the text, continued: four words to seed the generator with.
  function seeds(text) {
    let hash = 0x811c9dc5;
    const words = [];
    for (let round = 0; round < 4; round += 1) {
      for (let i = 0; i < text.length; i += 1) {
        hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
      }
      hash = Math.imul(hash ^ round, 0x01000193);
      words.push(hash >>> 0);
    }
    return words;
  }

  // sfc32, from PractRand: passes its tests, and 128 bits are enough to shuffle any test.
  function generator(text) {
    let [a, b, c, d] = seeds(text);
    const next = () => {
      const sum = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (c << 21) | (c >>> 11);
      c = (c + sum) | 0;
      return (sum >>> 0) / 4294967296;
    };
    for (let i = 0; i < 12; i += 1) next();
    return next;
  }

  function shuffled(items, text) {
    const random = generator(text);
    const result = [...items];
    for (let i = result.length - 1; i > 0; i -= 1) {
      const j = Math.floor(random() * (i + 1));
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }

  // Page ids in the order in which a participant meets them.
  Listen.pageOrder = (design, participant) => {
    const at = (place) => design.pages.filter((page) => page.place === place);
    const ids = (pages, name) =>
      shuffled(pages.map((page) => page.id).sort(), `${design.test_id}/${participant}/${name}`);
    let middle = ids(at("any"), "pages");
    if (design.pages_per_participant !== null) {
      const always = new Set(at("any").filter((page) => page.always).map((page) => page.id));
      const kept = [...middle]
        .sort((x, y) => Number(always.has(y)) - Number(always.has(x)))
        .slice(0, Math.max(design.pages_per_participant, always.size));
      middle = middle.filter((id) => kept.includes(id));
    }
    return [...ids(at("first"), "first"), ...middle, ...ids(at("last"), "last")];
  };

  // Stimulus ids of a page in the order in which a participant sees them.
  Listen.stimulusOrder = (design, page, participant) =>
    shuffled(page.stimuli.map((s) => s.id).sort(), `${design.test_id}/${participant}/${page.id}`);
})();
