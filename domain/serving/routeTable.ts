import { conflict, invalidFields, missing } from '../../contracts/failures.ts';
import { BUILT_IN_ROUTES, readModelRef, refsOf, type RouteChange, type RouteSpec, type ServedRoute } from '../../contracts/routes.ts';
import { ROUTES_AT_MOST } from '../../contracts/sizes.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import type { Author } from '../registry/author.ts';

interface Revision {
  readonly route: string;
  readonly revision: number;
  readonly spec: RouteSpec | null;
  readonly restores: number | null;
  readonly changed_at: Date;
  readonly changed_by: string;
  readonly reason: string;
}

const COLUMNS = 'route, revision, spec, restores, changed_at, changed_by, reason';

/** The routes of now by name: those that were set, and those built in that nobody changed. */
export async function listRoutes(db: Database): Promise<ServedRoute[]> {
  const { rows } = await db.query<Revision>(`select distinct on (route) ${COLUMNS} from route_revisions order by route, revision desc`);
  const latest = new Map(rows.map((row) => [row.route, row]));
  const names = [...new Set([...latest.keys(), ...Object.keys(BUILT_IN_ROUTES)])].sort();
  return names.flatMap((route) => toRoute(route, latest.get(route)) ?? []);
}

/** Null where there is none. */
export async function findRoute(db: Database, route: string): Promise<ServedRoute | null> {
  return toRoute(route, await latestOf(db, route));
}

/** Newest first. @returns null of a route that never was */
export async function listRouteChanges(db: Database, route: string, limit: number): Promise<RouteChange[] | null> {
  const { rows } = await db.query<Revision>(`select ${COLUMNS} from route_revisions where route = $1 order by revision desc limit $2`, [
    route,
    limit,
  ]);
  if (rows.length === 0 && !BUILT_IN_ROUTES[route]) return null;
  return rows.map(({ route: _, changed_at, spec, ...row }) => ({
    ...row,
    spec: spec && shown(spec),
    changed_at: changed_at.toISOString(),
  }));
}

/**
 * Makes routes as given, all or none.
 * @param ifRevision what the one route is expected to be at
 * @throws Failure `invalid` for a version that is not there, `conflict` where the route was changed meanwhile, or there would be too many
 */
export function setRoutes(
  pool: Pool,
  specs: Readonly<Record<string, RouteSpec>>,
  { author, ifRevision }: { author: Author; ifRevision?: number | undefined },
): Promise<ServedRoute[]> {
  return changeRoutes(pool, async (db) => {
    await refuseMissingVersions(db, specs);
    const set: ServedRoute[] = [];
    for (const [route, spec] of Object.entries(specs)) {
      const before = await latestOf(db, route);
      const at = before?.spec ? before.revision : 0;
      if (ifRevision !== undefined && ifRevision !== at) throw conflict(`route ${route} is at revision ${at}, not ${ifRevision}`);
      set.push(await addSpec(db, route, spec, author));
    }
    if ((await listRoutes(db)).length > ROUTES_AT_MOST) throw conflict(`there would be more than ${ROUTES_AT_MOST} routes`);
    return set;
  });
}

/** Makes a route as given, within `changeRoutes`. @throws Failure `invalid` for a version that is not there */
export async function setRouteIn(db: Database, route: string, spec: RouteSpec, author: Author): Promise<ServedRoute> {
  await refuseMissingVersions(db, { [route]: spec });
  return addSpec(db, route, spec, author);
}

const addSpec = async (db: Database, route: string, spec: RouteSpec, author: Author): Promise<ServedRoute> =>
  toRoute(route, await add(db, route, { spec, restores: null }, author))!;

/** A route that is built in is then as it was built. @throws Failure `missing` where there is no such route */
export function removeRoute(pool: Pool, route: string, author: Author): Promise<void> {
  return changeRoutes(pool, async (db) => {
    if (!toRoute(route, await latestOf(db, route))) throw noRoute(route);
    await add(db, route, { spec: null, restores: null }, author);
  });
}

/**
 * Puts a route back as it was before its last change, or as it was at a revision. Where the last change was such an undo, it goes on to the change
 * before the one that was restored.
 * @returns null where there was no such route then
 * @throws Failure `missing` of a route that never was, or has no such revision; `conflict` where nothing is left to undo
 */
export function undoRoute(
  pool: Pool,
  route: string,
  { to, author }: { to?: number | undefined; author: Author },
): Promise<ServedRoute | null> {
  return changeRoutes(pool, async (db) => {
    const latest = await latestOf(db, route);
    if (!latest && !BUILT_IN_ROUTES[route]) throw noRoute(route);
    const target = to ?? (latest ? (latest.restores ?? latest.revision) - 1 : -1);
    if (target < 0) throw conflict(`route ${route} is as it was before anybody changed it`);
    return restoreRouteIn(db, route, target, author);
  });
}

/** Puts a route back as it was at a revision, 0 for before the first, within `changeRoutes`. @returns and throws as `undoRoute` */
export async function restoreRouteIn(db: Database, route: string, to: number, author: Author): Promise<ServedRoute | null> {
  const sql = 'select spec from route_revisions where (route, revision) = ($1, $2)';
  const { rows } = await db.query<Pick<Revision, 'spec'>>(sql, [route, to]);
  if (to > 0 && !rows[0]) throw missing(`route ${route} has no revision ${to}`);
  return toRoute(route, await add(db, route, { spec: rows[0]?.spec ?? null, restores: to }, author));
}

export const noRoute = (route: string) => missing(`there is no route ${route}`);

async function latestOf(db: Database, route: string): Promise<Revision | undefined> {
  const { rows } = await db.query<Revision>(`select ${COLUMNS} from route_revisions where route = $1 order by revision desc limit 1`, [
    route,
  ]);
  return rows[0];
}

async function add(
  db: Database,
  route: string,
  { spec, restores }: Pick<Revision, 'spec' | 'restores'>,
  { name, reason }: Author,
): Promise<Revision> {
  const { rows } = await db.query<Revision>(
    `insert into route_revisions (route, revision, spec, restores, changed_by, reason)
     select $1, coalesce(max(revision), 0) + 1, $2::json, $3, $4, $5 from route_revisions where route = $1 returning ${COLUMNS}`,
    [route, spec && JSON.stringify(spec), restores, name, reason],
  );
  return rows[0]!;
}

/** A transaction that changes routes. Revisions are numbered one after the other, so that who changes routes waits for who does already. */
export const changeRoutes = <T>(pool: Pool, body: (db: Database) => Promise<T>): Promise<T> =>
  withTransaction(pool, async (db) => {
    await db.query('lock table route_revisions in share row exclusive mode');
    return body(db);
  });

/** An alias comes and goes; a version that is not there never comes. */
async function refuseMissingVersions(db: Database, specs: Readonly<Record<string, RouteSpec>>): Promise<void> {
  const named = Object.values(specs)
    .flatMap(refsOf)
    .map(readModelRef)
    .filter(({ version }) => version !== undefined);
  const { rows } = await db.query<{ name: string; version: string }>(
    `select name, version::text from unnest($1::text[], $2::integer[]) as asked (name, version)
     where not exists (select from model_versions v where (v.name, v.version) = (asked.name, asked.version))`,
    [named.map(({ name }) => name), named.map(({ version }) => version)],
  );
  if (rows.length > 0)
    throw invalidFields(rows.map(({ name, version }) => ({ field: 'variants', message: `${name} has no version ${version}` })));
}

function toRoute(route: string, latest: Revision | undefined): ServedRoute | null {
  if (latest?.spec) {
    const { revision, changed_at, changed_by, reason } = latest;
    return { route, revision, ...shown(latest.spec), changed_at: changed_at.toISOString(), changed_by, reason };
  }
  const builtIn = BUILT_IN_ROUTES[route];
  return builtIn ? { route, revision: 0, ...shown(builtIn), changed_at: null, changed_by: null, reason: '' } : null;
}

const shown = ({ variants, shadows, salt }: RouteSpec) => ({
  variants: variants.map((variant) => ({ ...variant, models: [...variant.models] })),
  shadows: shadows.map((shadow) => ({ ...shadow, models: [...shadow.models] })),
  ...(salt !== undefined && { salt }),
});
