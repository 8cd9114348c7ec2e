"use strict";
// Sounds come as scripts: a page that was opened as a file may not fetch.
(() => {
  const AT_ONCE = 3;
  const waiting = new Map();

  Listen.takeSound = (id, base64) => {
    const taker = waiting.get(id);
    waiting.delete(id);
    if (taker) taker(base64);
  };

  function fetchText(id) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      waiting.set(id, (text) => {
        script.remove();
        resolve(text);
      });
      script.onerror = () => {
        script.remove();
        waiting.delete(id);
        reject(new Error("An audio file could not be loaded. Check the connection, then try again."));
      };
      script.src = `sounds/${id}.js`;
      document.head.append(script);
    });
  }

  function bytesOf(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    return bytes.buffer;
  }

  // The buffers of one page at a time are kept: six mixes and four stems are 90 MB.
  let kept = new Map();

  Listen.loadSounds = async (context, ids, onProgress) => {
    const wanted = [...new Set(ids)];
    kept = new Map([...kept].filter(([id]) => wanted.includes(id)));
    const missing = wanted.filter((id) => !kept.has(id));
    let done = wanted.length - missing.length;
    onProgress(done / wanted.length);
    const work = async () => {
      while (missing.length > 0) {
        const id = missing.shift();
        const text = await fetchText(id);
        kept.set(id, await context.decodeAudioData(bytesOf(text)));
        done += 1;
        onProgress(done / wanted.length);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return kept;
  };
})();
