// Requests to the server; `mixer.studio.messages` has every message. The token stands behind the sign #
// of the link, which never travels; it goes with each request.

const token = decodeURIComponent(location.hash.slice(1));
// A reload and a bookmark need it again; it stays in this tab.
if (token) sessionStorage.setItem("token", token);
const TOKEN = token || sessionStorage.getItem("token") || "";

/** An answer that is not what was asked for. `status` is 0 where the server did not answer. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.lines?.length ? problem.lines.join("\n") : problem.error);
    this.status = status;
    this.problem = problem;
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { "X-Mixer-Token": TOKEN, ...options.headers } });
  } catch {
    throw new Refusal(0, { error: "The server does not answer. Is `mixer studio` still running?" });
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({ error: `The server answered ${answer.status}.` }));
  throw new Refusal(answer.status, problem);
}

export async function get(path) {
  return (await ask(path)).json();
}

export async function send(method, path, body = {}) {
  const options = { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  return (await ask(path, options)).json();
}

export async function upload(path, file) {
  const options = { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } };
  return (await ask(path, options)).json();
}

const ofSong = (song) => `/api/songs/${encodeURIComponent(song)}`;

/** Samples of an audio, left and right in turn; null where they are not made yet. */
export async function samples(song, id, start, frames, version) {
  const query = new URLSearchParams({ start, frames, version });
  const answer = await ask(`${ofSong(song)}/audio/${encodeURIComponent(id)}?${query}`);
  if (answer.status !== 200) return null;
  const bytes = await answer.arrayBuffer();
  return bytes.byteLength === 4 * frames ? new Int16Array(bytes) : null;
}

/** The response of a return, four channels one after another. */
export async function response(song, name) {
  const answer = await ask(`${ofSong(song)}/response/${encodeURIComponent(name)}`);
  return new Float32Array(await answer.arrayBuffer());
}

/** The gains of a bus over time. */
export async function bus(song, name) {
  const answer = await ask(`${ofSong(song)}/buses/${encodeURIComponent(name)}`);
  return new Uint16Array(await answer.arrayBuffer());
}

/** The link of a download, which cannot carry a header. */
export function downloadUrl(song, job, place) {
  return `${ofSong(song)}/jobs/${encodeURIComponent(job)}/files/${place}?token=${encodeURIComponent(TOKEN)}`;
}

/** What happens on the server: `listen(event)` for each; returns the source, to be closed. */
export function events(listen, lost) {
  const source = new EventSource(`/api/events?token=${encodeURIComponent(TOKEN)}`);
  for (const type of ["state", "doing", "audio", "exact", "job"]) {
    source.addEventListener(type, ({ data }) => listen({ ...JSON.parse(data), type }));
  }
  source.addEventListener("error", () => lost(true));
  source.addEventListener("open", () => lost(false));
  return source;
}
