import { randomUUID } from 'node:crypto';
import type { Canary } from '../../contracts/canary.ts';
import type { ServedAnswer } from '../../contracts/served.ts';
import type { GateVerdict } from '../../contracts/training.ts';
import { assignVariant } from '../../domain/abTests/assignment.ts';
import { findRoute } from '../../domain/serving/routeTable.ts';
import { storeServed } from '../../domain/serving/served.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { createModelVersion, holdModel, storeVerdict } from '../../domain/registry/versions.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { createUuid7 } from '../../platform/uuid7.ts';

const PASSED: GateVerdict = { passed: true, rules: [] };

/** Registers a version that no file belongs to. @returns its number */
export const registerVersion = (
  pool: Pool,
  { name = 'ease', alias, gate = PASSED }: { name?: string; alias?: string; gate?: GateVerdict },
): Promise<string> =>
  withTransaction(pool, async (db) => {
    await holdModel(db, name);
    const version = await createModelVersion(db, {
      name,
      source: `blob:trained/${name}/${randomUUID()}`,
      registryRunId: null,
      origin: randomUUID(),
      tags: {},
    });
    await storeVerdict(db, name, version, gate);
    if (alias !== undefined) await setAlias(db, { name, alias, version });
    return version;
  });

/** How the answers of a route go: what share of the users of each side clicks, and what share of the version's answers fails. */
export interface Traffic {
  readonly users?: number;
  readonly champion?: number;
  readonly canary?: number;
  readonly faults?: number;
}

/** Writes down an answer to each user by the route as it is now, and what they did. @returns whether the route had a canary then */
export async function answerAll(
  pool: Pool,
  route: string,
  { users = 2_000, champion = 0.3, canary = 0.3, faults = 0 }: Traffic = {},
): Promise<boolean> {
  const { variants, revision } = (await findRoute(pool, route))!;
  const canaryVariant = variants.find(({ name }) => name.startsWith('canary'));
  const given = Array.from({ length: users }, (_, nth) => {
    const { name } = assignVariant(variants, `u${nth}`, route);
    const isCanary = name === canaryVariant?.name;
    const answer: ServedAnswer = {
      ...{
        recommendation_id: createUuid7(),
        variant: name,
        is_shadow: false,
        served_at: new Date().toISOString(),
        user_id: `u${nth}`,
        route,
        revision,
      },
      ...{ assignment: 'user', propensity: 0.5, model: 'ease', version: '1', k: 3, movie_ids: [1, 2, 3], scores: [3, 2, 1] },
      ...{ exclude_seen: true, seen_from: 'database', history: [], history_length: 0, disliked: [], ordering: null },
      ...{
        duration_ms: 2 + (nth % 7) / 10,
        faults: isCanary && nth % 1_000 < faults * 1_000 ? [{ model: 'ease/2', why: 'it threw' }] : null,
      },
    };
    return { answer, clicks: (nth * 7_919) % 1_000 < 1_000 * (isCanary ? canary : champion) };
  });
  await storeServed(
    pool,
    given.map(({ answer }) => answer),
  );
  await pool.query(
    `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
     select gen_random_uuid(), user_id, 2, 'click', clock_timestamp() from unnest($1::text[]) as user_id`,
    [given.filter(({ clicks }) => clicks).map(({ answer }) => answer.user_id)],
  );
  await pool.query('analyze served_answers, interactions'); // nothing has looked at the tables yet, as it does where they grow
  return canaryVariant !== undefined;
}

/** The figures of a rollout's stages, for whoever compares them. */
export const verdictsOf = ({ stages }: Canary) => stages.map(({ stage, share, verdict }) => [stage, share, verdict]);
