import { printVerdict } from './figures.ts';
import { askedOf, type ServingData } from './servingData.ts';
import { runLoad } from './servingLoad.ts';
import { times } from './servingFigures.ts';
import { startExpress, startOurs } from './servingServers.ts';
import type { Keep, MeasuredServer } from './servers.ts';

const CONNECTIONS = 32;
const MOST_TIMES = 2;
const METRIC = /^nodejs_eventloop_lag_p99_seconds(?:\{[^}]*\})? (\S+)$/m;
/** Node looks each 10 ms, and counts from look to look. */
const LOOK_MS = 10;

/** How late the event loop of the process that answers HTTP is at full load, beside a bare Express app's under the same load. */
export async function measureLoop(data: ServingData, kinds: readonly string[], seconds: number, keep: Keep): Promise<void> {
  const ours = keep(await startOurs(data));
  const express = keep(await startExpress(data.folder));
  const bare = await lagUnder(express, askedOf(express, data).bodies, seconds);
  console.log(
    `\nevent loop under ${CONNECTIONS} connections, p99 from one look to the next, of which ${LOOK_MS} ms are the rest between two`,
  );
  console.log(`bare Express: ${bare.p99Ms.toFixed(1)} ms at ${bare.perSecond.toFixed(0)} answers/s`);
  for (const kind of kinds) {
    const { p99Ms, perSecond } = await lagUnder(ours, askedOf(ours, data, { route: kind }).bodies, seconds);
    console.log(
      `ours, ${kind}: ${p99Ms.toFixed(1)} ms at ${perSecond.toFixed(0)} answers/s; late beyond the rest: ${times((p99Ms - LOOK_MS) / (bare.p99Ms - LOOK_MS))}`,
    );
    printVerdict(
      p99Ms <= MOST_TIMES * bare.p99Ms,
      `the event loop of ${kind} at most twice as late as a bare Express app's`,
      times(p99Ms / bare.p99Ms),
    );
  }
  await Promise.all([ours.stop(), express.stop()]);
}

async function lagUnder(server: MeasuredServer, bodies: readonly string[], seconds: number): Promise<{ p99Ms: number; perSecond: number }> {
  const load = (time: number) => runLoad({ url: `${server.url}/recommend`, connections: CONNECTIONS, seconds: time, bodies });
  await load(1);
  await readLag(server); // it begins anew each time that it is read
  const { answers, seconds: took, failed } = await load(seconds);
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return { p99Ms: await readLag(server), perSecond: answers.length / took };
}

async function readLag({ url }: MeasuredServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = METRIC.exec(text)?.[1];
  if (value === undefined) throw new Error(`${url}/metrics does not tell how late the event loop is`);
  return 1_000 * Number(value);
}
