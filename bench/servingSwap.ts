import { setTimeout as sleep } from 'node:timers/promises';
import { setAlias } from '../domain/registry/aliases.ts';
import { withAuthor } from '../domain/registry/author.ts';
import { CHAMPION } from '../contracts/models.ts';
import { waitFor } from '../test/support/waitFor.ts';
import { printVerdict, quantile } from './figures.ts';
import { askedOf, type ServingData } from './servingData.ts';
import { runLoad } from './servingLoad.ts';
import { CONNECTIONS, times } from './servingFigures.ts';
import { startOurs } from './servingServers.ts';
import type { Keep } from './servers.ts';

const KIND = 'neural_cf';
/** Between two swaps, and before the first: what is calm. */
const CALM_MS = 2_000;
/** A window goes on for so long after the first answer of the new version: other processes may still be at it. */
const AFTER_MS = 300;
const MOST_TIMES_CALM = 2;

/** Makes one version champion after another while eight connections ask. */
export async function measureSwaps(data: ServingData, swaps: number, keep: Keep): Promise<void> {
  const ours = keep(await startOurs(data));
  const versions = ['1', await data.registerAgain(KIND)];
  const asked = askedOf(ours, data, { route: KIND });
  const answers = async () => {
    const answer = await fetch(`${ours.url}/recommend`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: asked.bodies[0]!,
    });
    return ((await answer.json()) as { model: { version: string } }).model.version;
  };
  await waitFor('the newest version', async () => (await answers()) === versions[1]);
  await runLoad({ url: ours.url + asked.path, connections: CONNECTIONS, seconds: 2, bodies: asked.bodies });
  const windows: { from: number; to: number; tookMs: number }[] = [];
  const swapAll = async () => {
    for (let nth = 0; nth < swaps; nth += 1) {
      await sleep(CALM_MS);
      const version = versions[nth % 2]!;
      const from = Date.now();
      await withAuthor(data.pool, { name: 'bench', reason: 'a swap under load' }, (db) =>
        setAlias(db, { name: KIND, alias: CHAMPION, version }),
      );
      await waitFor(`version ${version}`, async () => (await answers()) === version, { everyMs: 10 });
      windows.push({ from, to: Date.now() + AFTER_MS, tookMs: Date.now() - from });
    }
  };
  const seconds = Math.ceil((swaps * (CALM_MS + 1_000)) / 1_000) + 2;
  const [{ answers: given, failed }] = await Promise.all([
    runLoad({ url: ours.url + asked.path, connections: CONNECTIONS, seconds, bodies: asked.bodies }),
    swapAll(),
  ]);
  const isInWindow = ([at, took]: readonly [number, number]) => windows.some(({ from, to }) => at >= from && at - took <= to);
  const [calm, swapping] = [false, true].map((wanted) => given.filter((one) => isInWindow(one) === wanted).map(([, took]) => took));
  const [calmP99, swapP99] = [quantile(calm!, 0.99), quantile(swapping!, 0.99)];
  const taken = windows.map(({ tookMs }) => tookMs);
  console.log(
    `\n${swaps} swaps of ${KIND} (${data.movies} movies) under ${CONNECTIONS} connections: taken up within ${quantile(taken, 0.5)} ms, ${Math.max(...taken)} at most; ` +
      `${given.length} answers, p99 ${calmP99.toFixed(1)} ms calm (${calm!.length}), ${swapP99.toFixed(1)} ms within swaps (${swapping!.length})`,
  );
  printVerdict(failed === 0, 'no request fails while versions are swapped', `${failed} failed`);
  printVerdict(swapP99 <= MOST_TIMES_CALM * calmP99, `p99 within swaps at most twice the calm one`, times(swapP99 / calmP99));
  await ours.stop();
}
