/** Asks one server as bench/servingLoad.ts says, and tells how long each answer took. */
import autocannon from 'autocannon';
import { once } from 'node:events';
import type { Load, LoadResult } from './servingLoad.ts';

const [load] = (await once(process, 'message')) as [Load];
const { url, connections, seconds, bodies } = load;
const headers = { 'content-type': 'application/json' };
const requests = bodies.map((body) => ({ method: 'POST' as const, headers, body }));

const answers: [number, number][] = [];
let [connected, failed] = [0, 0];
const options: autocannon.Options = {
  url,
  connections,
  duration: seconds,
  requests,
  setupClient(client) {
    const from = Math.floor((connected++ * requests.length) / connections);
    client.setRequests([...requests.slice(from), ...requests.slice(0, from)]);
  },
};
const startedAt = performance.now();
const running = autocannon(options, () => undefined);
running.on('response', (_client, status, _bytes, took) => {
  if (status >= 200 && status < 300) answers.push([performance.timeOrigin + performance.now(), took]);
  else failed += 1;
});
running.on('reqError', () => (failed += 1));
await once(running, 'done');
const result: LoadResult = { answers, failed, seconds: (performance.now() - startedAt) / 1_000 };
process.send!(result, () => process.disconnect());
