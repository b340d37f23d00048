import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../../contracts/aboutRun.ts';
import { ALL_TOPICS } from '../../../domain/events/topics.ts';
import { describeEnvironment, PROJECT_ROOT } from '../../../platform/config.ts';
import { KAFKA_VARIABLES } from '../../../platform/connections/kafka.ts';
import { POSTGRES_VARIABLES } from '../../../platform/connections/postgres.ts';
import { REDIS_VARIABLES } from '../../../platform/connections/redis.ts';
import { TEMPORAL_VARIABLES } from '../../../platform/connections/temporal.ts';

const page = readFileSync(path.join(PROJECT_ROOT, 'docs', 'managed-engines.md'), 'utf8');
/** What stands there in code of its own. */
const named = new Set([...page.matchAll(/`([^`\s]+)`/g)].map(([, text]) => text));

test('the page names every variable by which an engine is reached, and every secret that a file may hold', () => {
  const tables = { ...POSTGRES_VARIABLES, ...KAFKA_VARIABLES, ...TEMPORAL_VARIABLES, ...REDIS_VARIABLES };
  const secrets = describeEnvironment()
    .filter(({ purpose }) => purpose.includes('a file with it'))
    .map(({ name }) => name);
  expect([...Object.keys(tables), ...secrets].filter((name) => name !== 'DATABASE_POOL_SIZE' && !named.has(name))).toEqual([]);
  expect(secrets.length).toBeGreaterThan(0);
});

test('it has every topic with its partitions, and the search attributes', () => {
  const rows = [...page.matchAll(/^\| (`[^|]*) \| +(\d+) +\|$/gm)].flatMap(([, topics = '', partitions]) =>
    [...topics.matchAll(/`([^`]+)`/g)].map(([, name]) => ({ name, partitions: Number(partitions) })),
  );
  expect(rows).toEqual(ALL_TOPICS.map(({ name, partitions }) => ({ name, partitions })));
  expect(Object.values(SEARCH_ATTRIBUTES).filter((name) => !named.has(name))).toEqual([]);
});
