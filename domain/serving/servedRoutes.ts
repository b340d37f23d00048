import { readModelRef, refsOf, type ModelRef, type ServedRoute } from '../../contracts/routes.ts';
import { TRENDING } from '../../contracts/trends.ts';
import type { Logger } from '../../platform/log.ts';
import type { ModelShelf } from './modelShelf.ts';

/** A change of a route that is not served yet, since a model that it brings cannot be loaded. */
export interface HeldBack {
  readonly route: string;
  readonly revision: number;
  readonly reason: string;
}

/** The routes that answer, with all their models in memory. */
export interface ServedRoutes {
  find(route: string): ServedRoute | undefined;
  all(): ServedRoute[];
  heldBack(): HeldBack[];
  /** Brings routes and models to what they are now. Calls that come meanwhile share one more look. @throws what asking for them throws */
  refresh(): Promise<void>;
}

/**
 * Follows the routes: a changed one takes its place when its models are loaded. One that brings a model which cannot be loaded waits until it can be,
 * and the route answers as before.
 */
export function createServedRoutes({
  listRoutes,
  shelf,
  log,
}: {
  listRoutes: () => Promise<readonly ServedRoute[]>;
  shelf: Pick<ModelShelf, 'bring' | 'broken' | 'keepOnly'>;
  log: Logger;
}): ServedRoutes {
  let served = new Map<string, ServedRoute>();
  let heldBack: HeldBack[] = [];

  async function look(): Promise<void> {
    const routes = await listRoutes();
    await shelf.bring(refsOfAll([...served.values(), ...routes]));
    const held = routes.flatMap((route) => whyHeldBack(route, served.get(route.route)) ?? []);
    for (const { route, revision, reason } of held)
      if (!heldBack.some((known) => known.route === route && known.revision === revision))
        log.error({ route, revision, reason }, 'the change of a route is not taken up');
    heldBack = held;
    served = new Map(
      routes.map((route) => [route.route, held.some((one) => one.route === route.route) ? served.get(route.route)! : route]),
    );
    shelf.keepOnly(refsOfAll([...served.values(), ...routes]));
  }

  /** @returns null where it is taken up */
  function whyHeldBack(next: ServedRoute, now: ServedRoute | undefined): HeldBack | null {
    if (!now || now.revision === next.revision) return null;
    const known = refsOf(now);
    const broken = shelf.broken().find(({ ref }) => refsOf(next).includes(ref) && !known.includes(ref));
    return broken
      ? { route: next.route, revision: next.revision, reason: `${broken.name} ${broken.version} cannot be loaded: ${broken.reason}` }
      : null;
  }

  return {
    find: (route) => served.get(route),
    all: () => [...served.values()],
    heldBack: () => heldBack,
    refresh: oneAtATime(look),
  };
}

/** Of models of the registry. */
const refsOfAll = (routes: readonly ServedRoute[]): ModelRef[] =>
  [...new Set(routes.flatMap(refsOf))].filter((ref) => readModelRef(ref).name !== TRENDING);

/** Calls that come while `work` runs are answered by one more run, which sees what they came for. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let asked = false;
  const runWhileAsked = async () => {
    try {
      while (asked) {
        asked = false;
        await work();
      }
    } finally {
      running = undefined;
    }
  };
  return () => {
    asked = true;
    return (running ??= runWhileAsked());
  };
}
