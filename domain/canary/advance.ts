import type { CanaryLook, CanaryOutcome, CanaryPlan, CanaryStop, RolloutRef } from '../../contracts/canary.ts';
import { conflict, invalid } from '../../contracts/failures.ts';
import { CHAMPION } from '../../contracts/models.ts';
import { DEFAULT_ROUTE, type ServedRoute } from '../../contracts/routes.ts';
import type { Database, Pool } from '../../platform/postgres.ts';
import { notPassed, promoteVersion } from '../registry/promote.ts';
import { whyNotServed } from '../registry/unserved.ts';
import { getModelVersion, getVersionByAlias, noVersion } from '../registry/versions.ts';
import { changeRoutes, findRoute, listRoutes, noRoute, restoreRouteIn, setRouteIn } from '../serving/routeTable.ts';
import { judgeStage } from './judge.ts';
import {
  findRunning,
  holdRollout,
  insertRollout,
  isKnown,
  readRollout,
  recordEnd,
  recordLook,
  recordStage,
  stagesOf,
  type Rollout,
} from './rollouts.ts';
import { canaryName, canarySpec, checkSpec } from './spec.ts';
import { sumStages } from './sums.ts';

/** In whose name routes and aliases are changed. */
const CANARY = 'canary';
const authorOf = ({ route, model, version }: Pick<Rollout, 'route' | 'model' | 'version'>, what: string) => ({
  name: CANARY,
  reason: `canary of ${model}/${version} on ${route}: ${what}`,
});

type Asked = Pick<CanaryPlan, 'route' | 'model' | 'version'>;

/**
 * What a rollout would begin from.
 * @throws Failure `missing` where route or version are not there; `conflict` with the rules where the version did not pass the gate, or it is champion, or the
 * route is in a test; `invalid` where the route does not ask the model, or no model server can load the version
 */
export async function checkRollout(
  db: Database,
  { route, model, version }: Asked,
): Promise<{ before: ServedRoute; champion: string | null }> {
  const before = await findRoute(db, route);
  if (!before) throw noRoute(route);
  checkSpec(route, before, model);
  const found = await getModelVersion(db, model, version);
  if (!found) throw noVersion(model, version);
  if (!found.gate?.passed) throw notPassed(found, found.gate);
  if (found.aliases.includes(CHAMPION)) throw conflict(`version ${version} of ${model} is the champion already`);
  const unserved = whyNotServed(found);
  if (unserved) throw invalid('version', unserved);
  return { before, champion: (await getVersionByAlias(db, model, CHAMPION))?.version ?? null };
}

/** The route whose users would get a version of the model: the default one where that asks the model's champion, else the first that does. */
export async function findRolloutRoute(db: Database, model: string): Promise<string | null> {
  const asking = (await listRoutes(db)).filter(({ variants }) => variants.some(({ models }) => models.includes(`${model}@${CHAMPION}`)));
  return (asking.find(({ route }) => route === DEFAULT_ROUTE) ?? asking[0])?.route ?? null;
}

/** Opens a rollout, once. One of the same route that was ended from outside is put an end to before. @throws as `checkRollout` */
export const openRollout = (pool: Pool, { rollout_id, route, model, version, reason, ...plan }: RolloutRef & CanaryPlan): Promise<void> =>
  changeRoutes(pool, async (db) => {
    if (await isKnown(db, rollout_id)) return;
    const left = await findRunning(db, route);
    if (left) await close(db, left, 'aborted', 'its workflow was ended from outside');
    const { before, champion } = await checkRollout(db, { route, model, version });
    const { variants, shadows, salt } = before;
    const spec = { variants, shadows, ...(salt !== undefined && { salt }) };
    await insertRollout(db, { rollout_id, route, model, version, champion, plan, reason, before: spec, before_revision: before.revision });
  });

/** Gives the version the share of a stage, once. */
export const beginStage = (pool: Pool, rolloutId: string, stage: number): Promise<CanaryStop> =>
  changeRoutes(pool, async (db) => {
    const rollout = await holdRollout(db, rolloutId);
    const stop = await whyStopped(db, rollout);
    if (stop !== null || (rollout.stage ?? -1) >= stage) return { stop };
    const { route, before, plan } = rollout;
    const { share } = plan.stages[stage]!;
    const what = `stage ${stage + 1} of ${plan.stages.length}, ${Number((100 * share).toPrecision(4))} %`;
    const { revision } = await setRouteIn(db, route, canarySpec(before, { ...rollout, share }), authorOf(rollout, what));
    await recordStage(db, rolloutId, { stage, share, revision });
    return { stop: null };
  });

interface Watched extends RolloutRef {
  readonly stage: number;
  /** Without the time that it was paused. */
  readonly watched_ms: number;
  readonly paused: boolean;
}

/** How a stage stands; kept with it. */
export async function lookAtStage(
  pool: Pool,
  { rollout_id: id, stage, watched_ms, paused }: Watched,
): Promise<Omit<CanaryLook, 'took_ms'>> {
  const rollout = await readRollout(pool, id);
  const stop = await whyStopped(pool, rollout);
  if (stop !== null) {
    await recordLook(pool, id, { stage, paused, verdict: 'stop', reason: stop, report: null });
    return { verdict: 'stop', reason: stop };
  }
  const names = { champion: rollout.before.variants[0]!.name, canary: canaryName(rollout.before) };
  const sums = await sumStages(pool, rollout.route, await stagesOf(pool, id), names);
  const judged = judgeStage(sums, rollout.plan, watched_ms / MINUTE_MS);
  await recordLook(pool, id, { stage, paused, ...judged });
  return { verdict: judged.verdict, reason: judged.reason };
}
const MINUTE_MS = 60_000;

/** Makes the version champion, then the route as it was: at each moment it asks what is in memory. Again it changes nothing. */
export async function promoteRollout(pool: Pool, rolloutId: string): Promise<CanaryStop> {
  const rollout = await readRollout(pool, rolloutId);
  if (rollout.state === 'promoted') return { stop: null };
  const stop = await whyStopped(pool, rollout);
  if (stop !== null) return { stop };
  const { model, version, plan } = rollout;
  const why = `passed all ${plan.stages.length} stages`;
  const champion = await getVersionByAlias(pool, model, CHAMPION);
  if (champion?.version !== version) await promoteVersion(pool, { name: model, version, force: false }, authorOf(rollout, why));
  await endRollout(pool, rolloutId, 'promoted', why);
  return { stop: null };
}

/** Ends a rollout, once: the route is as before, unless somebody changed it meanwhile. */
export const endRollout = (pool: Pool, rolloutId: string, outcome: CanaryOutcome, reason: string): Promise<void> =>
  changeRoutes(pool, async (db) => close(db, await holdRollout(db, rolloutId), outcome, reason));

async function close(db: Database, rollout: Rollout, outcome: CanaryOutcome, reason: string): Promise<void> {
  const { rollout_id, route, before_revision, stage, state } = rollout;
  if (state !== 'running') return;
  const isOurs = stage !== null && (await changedBy(db, rollout)) === null;
  if (isOurs) await restoreRouteIn(db, route, before_revision, authorOf(rollout, `${outcome.replace('_', ' ')}: ${reason}`));
  await recordEnd(db, rollout_id, outcome, reason);
}

/** Why it cannot go on, whatever its figures are; null where it can. */
async function whyStopped(db: Database, rollout: Rollout): Promise<string | null> {
  const { model, version, champion, state, reason } = rollout;
  if (state !== 'running') return reason;
  const changed = await changedBy(db, rollout);
  if (changed !== null) return changed;
  const now = (await getVersionByAlias(db, model, CHAMPION))?.version ?? null;
  if (now === champion || now === version) return null;
  return `${model}@${CHAMPION} is ${now === null ? 'gone' : `version ${now}`} now; it was held against ${champion === null ? 'none' : `version ${champion}`}`;
}

/** Who changed the route meanwhile; null where it is as the rollout set it. */
async function changedBy(db: Database, { route, revision }: Rollout): Promise<string | null> {
  const now = await findRoute(db, route);
  if (now?.revision === revision) return null;
  if (!now || now.changed_by === null) return `route ${route} was taken away meanwhile`;
  return `route ${route} was changed to revision ${now.revision} by ${now.changed_by} meanwhile${now.reason && ` (${now.reason})`}`;
}
