// Small changes of a song's state, as events tell them.

const ofAudio = (owner, audio) => (owner.audio?.id === audio.id ? { ...owner, audio } : owner);

/** A state with another audio in it; null where it has none of that id. */
export function withAudio(state, audio) {
  const owners = [...state.sources, ...state.stems.flatMap((stem) => [stem, ...stem.tracks])];
  if (!owners.some((owner) => owner.audio?.id === audio.id)) return null;
  return {
    ...state,
    sources: state.sources.map((source) => ofAudio(source, audio)),
    stems: state.stems.map((stem) => ({ ...ofAudio(stem, audio), tracks: stem.tracks.map((track) => ofAudio(track, audio)) })),
  };
}

/** A state with a job in it, new or as it stands now. */
export function withJob(state, job) {
  const isNew = !state.jobs.some(({ id }) => id === job.id);
  const jobs = isNew ? [...state.jobs, job] : state.jobs.map((each) => (each.id === job.id ? job : each));
  return { ...state, jobs };
}
