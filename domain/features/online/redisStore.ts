import { redisScript, type Redis } from '../../../platform/redis.ts';
import { BatchGivenUp, type OnlineStore, type StoredRow } from './store.ts';
import { latestOfEach } from './latestOfEach.ts';
import { BEGIN, COMMIT, FORGET, PUSH, STAGE, STANDS_AT } from './redisScripts.ts';

const begin = redisScript(BEGIN);
const stage = redisScript(STAGE);
const push = redisScript(PUSH);
const commit = redisScript(COMMIT);
const forget = redisScript(FORGET);
const standsAt = redisScript(STANDS_AT);
/** A script holds everybody else up, by about a millisecond for so many rows. */
const STAGED_AT_ONCE = 500;

const committedKey = (view: string) => `features:committed:${view}`;
const openKey = (view: string) => `features:open:${view}`;
const counterKey = (view: string) => `features:batches:${view}`;
const rowKey = (view: string, entityId: string) => `features:row:${view}:${entityId}`;

/** The online store in Redis. How a batch becomes readable at once: docs/decisions/online-store-layout.md. */
export function createRedisStore(redis: Redis): OnlineStore {
  return {
    name: 'redis',

    async read(keys) {
      if (keys.length === 0) return [];
      const views = [...new Set(keys.map(({ view }) => view))];
      const values = await redis.mGet([...views.map(committedKey), ...keys.map(({ view, entityId }) => rowKey(view, entityId))]);
      const committed = new Map(views.map((view, at) => [view, parseCommitted(values[at] ?? null)]));
      return keys.map(({ view }, at) => readableRow(values[views.length + at] ?? null, committed.get(view) ?? parseCommitted(null)));
    },

    async push(view, rows) {
      const pushed = latestOfEach(rows);
      const keys = pushed.map(({ entityId }) => rowKey(view, entityId));
      await redis.run(push, [committedKey(view), ...keys], ['', ...pushed.map(toText)]);
    },

    async begin(view, batch) {
      const after = await redis.run(begin, [committedKey(view), openKey(view), counterKey(view)], [batch]);
      return String(after) || null;
    },

    async stage(view, batch, rows) {
      for (const chunk of chunksOf(latestOfEach(rows), STAGED_AT_ONCE)) {
        const keys = [committedKey(view), openKey(view), ...chunk.map(({ entityId }) => rowKey(view, entityId))];
        const staged = await redis.run(stage, keys, [batch, chunk.at(-1)?.entityId ?? '', ...chunk.map(toText)]);
        if (staged !== 1) throw new BatchGivenUp(view, batch);
      }
    },

    async commit(view, batch) {
      const done = await redis.run(commit, [committedKey(view), openKey(view)], [batch]);
      if (done !== 1) throw new BatchGivenUp(view, batch);
    },

    isFilled: async (view) => parseCommitted(await redis.get(committedKey(view))).last > 0,
    forget: async (view, entityId) =>
      Number(await redis.run(forget, [openKey(view), committedKey(view), rowKey(view, entityId)], [entityId])),

    async holds(view, entityId, before) {
      const after = await redis.run(standsAt, [openKey(view)], []);
      const value = await redis.get(rowKey(view, entityId));
      const rows = (value?.split('\n').slice(1) ?? []).flatMap((text) => parseRow(text) ?? []);
      return after === entityId || rows.some(({ eventMs, createdMs }) => Math.min(eventMs, createdMs) <= before.getTime());
    },

    check: () => redis.check(),
    close: () => redis.close(),
  };
}

interface Committed {
  readonly last: number;
  readonly givenUp: readonly number[];
}

function parseCommitted(text: string | null): Committed {
  const [last = 0, ...givenUp] = (text ?? '0').split(',').map(Number);
  return { last, givenUp };
}

/** The row that counts for a reader: that of a batch that is not committed, or was given up, is passed over for the one before it. */
function readableRow(value: string | null, { last, givenUp }: Committed): StoredRow | undefined {
  if (value === null) return undefined;
  const first = value.indexOf('\n');
  const second = value.indexOf('\n', first + 1);
  const batch = Number(value.slice(0, first));
  const isReadable = batch <= last && !givenUp.includes(batch);
  return parseRow(isReadable ? value.slice(first + 1, second) : value.slice(second + 1));
}

const toText = ({ eventMs, createdMs, text }: StoredRow) => `${eventMs},${createdMs},${text}`;

function parseRow(text: string): StoredRow | undefined {
  if (text === '') return undefined;
  const first = text.indexOf(',');
  const second = text.indexOf(',', first + 1);
  return { eventMs: Number(text.slice(0, first)), createdMs: Number(text.slice(first + 1, second)), text: text.slice(second + 1) };
}

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
