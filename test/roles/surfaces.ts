import { tmpdir } from 'node:os';
import { connectApi, type ApiSettings } from '../../api/connect.ts';
import { SURFACES } from '../../api/surfaces.ts';
import { createHealth } from '../../platform/health.ts';
import { createHttpApp, type HttpApp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import type { SurfaceName } from '../../platform/config.ts';
import { createServingApp } from '../../serving/app.ts';
import { createServingMetrics } from '../../serving/metrics.ts';
import type { Scorer } from '../../serving/scoring/scorer.ts';
import { NOWHERE } from '../support/api.ts';
import { silentLog } from '../support/database.ts';

export type Surfaces = Readonly<Record<SurfaceName | 'serving' | 'worker', HttpApp>>;

/** No model is loaded. */
const NO_SCORER = {
  state: () => ({ models: [], broken: [], heldBack: [], routes: [], trending: [], tensorflow: { version: '', backend: 'none' } }),
  processes: () => [],
} as unknown as Scorer;

/** What answers on each port of the platform, put together as the processes do; all workers have the same. */
export async function openSurfaces(settings: Partial<ApiSettings> = {}): Promise<{ surfaces: Surfaces; close: () => Promise<void> }> {
  const context = () => ({ log: silentLog, metrics: createMetrics('test'), health: createHealth() });
  const shared = context();
  const api = await connectApi({ ...NOWHERE, blobUrl: `file:${tmpdir()}/none`, ...settings }, shared);
  const { deps } = api;
  const { access, keys, sessions, limiter, pool } = deps;
  const door = { access, keys, sessions, limiter };
  const apps = Object.entries(SURFACES).map(([name, create], at) => [name, create({ ...deps, showsMetrics: at === 0 })] as const);
  const serving = context();
  const surfaces = {
    ...(Object.fromEntries(apps) as Record<SurfaceName, HttpApp>),
    serving: createServingApp({
      ...{ ...serving, ...door, pool, scorer: NO_SCORER },
      ...{ served: { write: () => undefined }, answerMetrics: createServingMetrics(serving.metrics) },
    }),
    worker: createHttpApp({ ...context(), ...door }),
  };
  return { surfaces, close: () => api.close() };
}
