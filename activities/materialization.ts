import type { ViewWindow } from '../contracts/materialization.ts';
import { computeView } from '../domain/features/compute.ts';
import { findView, type FeatureDefinitions } from '../domain/features/definitions.ts';
import { ensureOfflineTable } from '../domain/features/offlineTable.ts';
import { bringOnline } from '../domain/features/online/bringOnline.ts';
import type { OnlineStore } from '../domain/features/online/store.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { currentWorkflowId, underWay } from '../platform/temporal/activity.ts';

export interface MaterializationDeps {
  readonly pool: Pool;
  readonly store: OnlineStore;
  readonly definitions: FeatureDefinitions;
  readonly log: Logger;
}

export function createMaterializationActivities({ pool, store, definitions, log }: MaterializationDeps) {
  return {
    /** @returns the views that were asked for, or all that can be computed */
    async resolveViews(names: readonly string[] | undefined): Promise<string[]> {
      const views = names ? names.map((name) => findView(definitions, name)) : definitions.views;
      return [...new Set(views.filter(({ sourceSql }) => names !== undefined || sourceSql !== null).map(({ name }) => name))];
    },

    /** @returns how many offline rows were new or had changed */
    async computeFeatures({ view: name, start, end }: ViewWindow): Promise<{ view: string; computed: number }> {
      const view = findView(definitions, name);
      await ensureOfflineTable(pool, view);
      const window = { ...(start !== undefined && { start: new Date(start) }), end: new Date(end) };
      const { written, removed, late_entities } = await computeView(pool, view, window);
      log.info({ view: name, written, removed, late_entities }, 'features computed');
      return { view: name, computed: written };
    },

    /** @returns how many entities' latest rows are online now */
    async bringOnline({ view: name, start, end, full }: ViewWindow): Promise<{ view: string; online: number; start: string | null }> {
      const { signal, report } = underWay();
      const brought = await bringOnline(
        { pool, store },
        {
          view: findView(definitions, name),
          run: currentWorkflowId(),
          ...(start !== undefined && { start: new Date(start) }),
          end: new Date(end),
          full,
          signal,
          onProgress: (online) => report({ view: name, online }),
        },
      );
      log.info({ view: name, store: store.name, online: brought.online, from: brought.start, to: end }, 'features are online');
      return { view: name, online: brought.online, start: brought.start?.toISOString() ?? null };
    },
  };
}

export type MaterializationActivities = ReturnType<typeof createMaterializationActivities>;
