import { setTimeout as sleep } from 'node:timers/promises';
import { residentMb } from '../platform/proc.mjs';
import { printTable, printVerdict } from './figures.ts';
import { askedOf, type ServingData } from './servingData.ts';
import { CONNECTIONS } from './servingFigures.ts';
import { runLoad } from './servingLoad.ts';
import { startOurs } from './servingServers.ts';
import type { Keep } from './servers.ts';

const LOOK_EVERY_MS = 5_000;
const SWAP_EVERY_MS = 15_000;
/** Of the last third beside the second: what a leak adds would be seen, and what the allocator keeps for itself not. */
const MOST_GROWTH = 1.05;

interface Look {
  readonly atS: number;
  readonly httpMb: number;
  readonly scoringMb: number;
  readonly versions: number;
}

/** Asks for so many minutes while a new version of a kind becomes champion every quarter of a minute, and looks at the memory of each process. */
export async function soak(data: ServingData, kinds: readonly ('neural_cf' | 'ease')[], minutes: number, keep: Keep): Promise<void> {
  const ours = keep(await startOurs(data));
  const seconds = minutes * 60;
  const startedAt = Date.now();
  const isOver = () => Date.now() - startedAt > seconds * 1_000;
  const looks: Look[] = [];
  async function look(): Promise<void> {
    while (!isOver()) {
      await sleep(LOOK_EVERY_MS);
      const { models, processes } = (await (await fetch(`${ours.url}/models`)).json()) as {
        models: unknown[];
        processes: { resident_mb: number }[];
      };
      const scoringMb = processes.reduce((sum, { resident_mb }) => sum + resident_mb, 0);
      looks.push({ atS: (Date.now() - startedAt) / 1_000, httpMb: residentMb(ours.pid) ?? 0, scoringMb, versions: models.length });
    }
  }
  let swaps = 0;
  async function swap(): Promise<void> {
    for (; !isOver(); swaps += 1) {
      await sleep(SWAP_EVERY_MS);
      await data.registerAgain(kinds[swaps % kinds.length]!);
    }
  }
  const loads = Promise.all(
    kinds.map((kind) => {
      const asked = askedOf(ours, data, { route: kind });
      return runLoad({ url: ours.url + asked.path, connections: CONNECTIONS / kinds.length, seconds, bodies: asked.bodies });
    }),
  );
  const [given] = await Promise.all([loads, look(), swap()]);
  const failed = given.reduce((sum, load) => sum + load.failed, 0);
  const answers = given.reduce((sum, load) => sum + load.answers.length, 0);

  const thirds = [0, 1, 2].map((third) => looks.filter(({ atS }) => Math.floor((3 * atS) / seconds) === third));
  const meanOf = (some: readonly Look[], of: (look: Look) => number) => some.reduce((sum, look) => sum + of(look), 0) / some.length;
  console.log(`\n${minutes} minutes, ${answers} answers, ${swaps} swaps of ${kinds.join(' and ')} in turns`);
  printTable(
    ['', 'HTTP, MB', 'scoring, MB', 'versions in memory'],
    thirds.map((some, third) => [
      `third ${third + 1}`,
      ...[({ httpMb }: Look) => httpMb, ({ scoringMb }: Look) => scoringMb, ({ versions }: Look) => versions].map((of) =>
        meanOf(some, of).toFixed(1),
      ),
    ]),
  );
  printVerdict(failed === 0, 'no request fails', `${failed} failed`);
  for (const [name, of] of [
    ['HTTP', ({ httpMb }: Look) => httpMb],
    ['scoring', ({ scoringMb }: Look) => scoringMb],
  ] as const) {
    const growth = meanOf(thirds[2]!, of) / meanOf(thirds[1]!, of);
    printVerdict(
      growth <= MOST_GROWTH,
      `memory of ${name} in the last third at most ${MOST_GROWTH} times that of the second`,
      `${growth.toFixed(3)}×`,
    );
  }
  await ours.stop();
}
