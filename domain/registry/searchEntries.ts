import type { Database } from '../../platform/postgres.ts';
import { MODEL_COLUMNS, VERSION_COLUMNS, type ModelEntry, type VersionEntry } from './entries.ts';
import { findPage, type Found, type Search, type Subject } from './search.ts';

export interface EntrySearch extends Omit<Search, 'where'> {
  /** Those of whose name something has this tag are left out */
  readonly without: { readonly key: string; readonly value: string } | null;
}

const text = (sql: string) => ({ sql, kind: 'text' as const });
const indexed = (sql: string, kind: 'text' | 'bigint' | 'timestamptz') => ({ sql, kind, indexed: true as const });

/** By what registered models are found and ordered. */
export const MODEL_SEARCH: Subject = {
  from: 'registered_models m',
  select: MODEL_COLUMNS,
  attributes: { name: indexed('m.name', 'text'), last_updated_timestamp: indexed('m.updated_at', 'timestamptz') },
  keyed: { tag: { table: 'registered_model_tags', of: 'k.name = m.name', kind: 'text' } },
  natural: [{ on: 'attribute', key: 'name', ascending: true }],
};

/** By what their versions are. */
export const VERSION_SEARCH: Subject = {
  from: 'model_versions v',
  select: VERSION_COLUMNS,
  attributes: {
    name: indexed('v.name', 'text'),
    run_id: text('v.registry_run_id'),
    source_path: text('v.source'),
    version_number: indexed('v.version', 'bigint'),
    creation_timestamp: indexed('v.created_at', 'timestamptz'),
    last_updated_timestamp: indexed('v.updated_at', 'timestamptz'),
  },
  keyed: { tag: { table: 'model_version_tags', of: 'k.name = v.name and k.version = v.version', kind: 'text' } },
  natural: [
    { on: 'attribute', key: 'name', ascending: true },
    { on: 'attribute', key: 'version_number', ascending: false },
  ],
};

export const searchModels = (db: Database, search: EntrySearch): Promise<Found<ModelEntry>> =>
  findPage(db, MODEL_SEARCH, leavingOut('registered_model_tags', 'm.name', search));
export const searchVersions = (db: Database, search: EntrySearch): Promise<Found<VersionEntry>> =>
  findPage(db, VERSION_SEARCH, leavingOut('model_version_tags', 'v.name', search));

/** An expression, not `not exists`: Postgres makes a join of that, believes that hardly anything is left, and sorts all versions for one page. */
const leavingOut = (table: string, name: string, { without, ...search }: EntrySearch): Search => ({
  ...search,
  where: (bind) =>
    without
      ? [
          `coalesce((select false from ${table} w where w.name = ${name} and w.key = ${bind(without.key)} and w.value = ${bind(without.value)} limit 1), true)`,
        ]
      : [],
});
