// What happens on the server, as its events tell it: small changes are taken over, others are asked for.

import * as api from "./api.js";
import { withAudio, withJob } from "./state.js";

const REFRESH_MS = 120;

export class Following {
  /** `studio`: song, do(act), showTakes(takes), and top.lost(isLost). */
  constructor(studio) {
    this.studio = studio;
    this.song = studio.song;
    this.events = api.events((event) => event.song === this.song.id && this.hear(event), (isLost) => {
      studio.top.lost(isLost);
      if (!isLost) this.refresh();
    });
  }

  hear({ type, revision, audio, doing, job }) {
    const { server } = this.song;
    if (type === "audio") {
      const state = withAudio(server, audio);
      if (!state) this.refresh();
      else this.song.take(state);
    } else if (type === "doing") this.song.take({ ...server, doing });
    else if (type === "job") {
      this.song.take(withJob(server, job));
      if (job.state === "done") this.refreshTakes();
    } else if (type === "exact" || revision !== server.revision || type === "state") this.refresh();
  }

  refresh() {
    this.refreshing ??= setTimeout(() => {
      this.refreshing = undefined;
      this.studio.do(() => this.song.refresh());
    }, REFRESH_MS);
  }

  refreshTakes() {
    this.studio.do(async () => this.studio.showTakes((await api.get(`${this.song.path}/takes`)).takes));
  }
}
