const SAMPLE_MS = 150;
/** Of what a promise in milliseconds means on an idle machine: engines and disks take their part as well. */
const ROOM = 3;

/**
 * How long what is promised within so many milliseconds may take on this machine, as busy as it is now: a promise of speed is of a machine that does
 * nothing else, and how slow this one is is measured by what it makes a thread wait for a core. Benches hold the promises themselves.
 */
export function busyBound(promisedMs: number): number {
  const [startedAt, before] = [performance.now(), process.cpuUsage()];
  while (performance.now() - startedAt < SAMPLE_MS);
  const { user, system } = process.cpuUsage(before);
  const slowness = Math.max(1, (performance.now() - startedAt) / ((user + system) / 1_000));
  return promisedMs * slowness * ROOM;
}
