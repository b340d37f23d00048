import type { RequestHandler, Router } from 'express';
import { OFFLINE_ROLES } from '../../api/feast/offline/offlineStore.ts';
import type { Role } from '../../contracts/roles.ts';
import { isAudited, type Taking } from '../../platform/http/auditRequests.ts';
import type { Surfaces } from './surfaces.ts';

/** A route as it is mounted, and who may call it. */
export interface RouteRow {
  readonly port: keyof Surfaces;
  /** In capitals; FLIGHT of a command of Arrow Flight */
  readonly method: string;
  readonly path: string;
  /** Least role; `anyone` where no credentials are asked for */
  readonly role: Role | 'anyone';
  /** Whether it says so itself, or is open to every caller that is known */
  readonly isGated: boolean;
  readonly isAudited: boolean;
}

/** What Express keeps of a route, or of what is mounted. */
interface Layer {
  readonly rawPath: string | readonly string[];
  readonly method?: string;
  readonly name: string;
  readonly route?: {
    readonly path: string | readonly string[];
    readonly methods: Readonly<Record<string, boolean>>;
    readonly stack: readonly Layer[];
  };
  readonly handle: RequestHandler & Partial<Router> & Partial<Gate> & { readonly knowsCallers?: boolean };
}
/** What `requireRole` says of itself. */
interface Gate {
  readonly least: Role;
  readonly taking: Taking;
}

/** Every route of every port, as its app has it mounted: nothing that answers is left out. */
export function routeTable(surfaces: Surfaces): RouteRow[] {
  const rows = Object.entries(surfaces).flatMap(([port, { router }]) => {
    const layers = router.stack as unknown as Layer[];
    const door = layers.findIndex(({ handle }) => handle.knowsCallers);
    return layers.flatMap((layer, at) =>
      rowsOf(layer, '', at > door ? 'viewer' : 'anyone').map((row) => ({ port: port as keyof Surfaces, ...row })),
    );
  });
  const flight = Object.entries(OFFLINE_ROLES).map(
    ([path, role]) => ({ port: 'feast', method: 'FLIGHT', path, role, isGated: true, isAudited: false }) as const,
  );
  return [...rows, ...flight];
}

type Row = Omit<RouteRow, 'port'>;
const listed = (path: string | readonly string[]) => [path].flat();

function rowsOf({ rawPath, name, route, handle }: Layer, under: string, otherwise: Row['role']): Row[] {
  if (route)
    return Object.keys(route.methods).flatMap((method) =>
      listed(route.path).map((path) => rowOf({ method, path: under + path }, gateOf(route.stack, method), otherwise)),
    );
  const prefixes = listed(rawPath).map((prefix) => under + (prefix === '/' ? '' : prefix));
  if (name === 'serveStatic') return prefixes.map((prefix) => rowOf({ method: 'get', path: `${prefix}/*file` }, undefined, otherwise));
  return prefixes.flatMap((prefix) => ((handle.stack ?? []) as unknown as Layer[]).flatMap((layer) => rowsOf(layer, prefix, otherwise)));
}

const gateOf = (stack: readonly Layer[], method: string): Gate | undefined =>
  stack.find((layer) => (layer.method ?? method) === method && layer.handle.least !== undefined)?.handle as Gate | undefined;

function rowOf({ method, path }: { method: string; path: string }, gate: Gate | undefined, otherwise: Row['role']): Row {
  const isOpen = path.startsWith('/health') || otherwise === 'anyone';
  return {
    ...{ method: method.toUpperCase(), path },
    role: isOpen ? 'anyone' : (gate?.least ?? otherwise),
    isGated: gate !== undefined,
    isAudited: gate !== undefined && isAudited(method, gate.least, gate.taking),
  };
}
