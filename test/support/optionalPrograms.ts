import { afterAll, beforeAll, describe } from '@jest/globals';
import { existsSync } from 'node:fs';
import { locatePgBouncer, locateRedis } from '../../deploy/local/engines/engine.ts';
import { saidOfLack } from '../../deploy/local/setup/without.mjs';
import type { OnlineStore } from '../../domain/features/online/store.ts';
import { readConfig } from '../../platform/config.ts';
import { startPgBouncer } from './pgBouncer.ts';
import { startTestRedis, type TestRedis } from './redis.ts';

const PROGRAMS = { redis: locateRedis, pgbouncer: locatePgBouncer };

/**
 * Whether tests can have a program that a machine may lack.
 * @returns false only where the setup looked for it and said that it could not get it
 * @throws Error where it is not here, and no setup has looked for it: a test is never skipped because somebody forgot
 */
export function canHave(program: keyof typeof PROGRAMS, cacheDir = readConfig().cacheDir): boolean {
  if (existsSync(PROGRAMS[program](cacheDir).command)) return true;
  if (saidOfLack(cacheDir, program) !== undefined) return false;
  throw new Error(`${program} is neither on PATH nor in ${cacheDir}: run \`npm run setup -- --test\`, which fetches it`);
}

/** @param options of `redis-server`, beside its folder and its port. @param body declares tests, which have a Redis of their own; they are skipped where none can be had */
export function describeWithRedis(title: string, body: (redis: TestRedis) => void, options: () => readonly string[] = () => []): void {
  (canHave('redis') ? describe : describe.skip)(title, () => {
    let started: TestRedis | undefined;
    const redis = () => {
      if (started === undefined) throw new Error('Redis is started before the tests, not while they are declared');
      return started;
    };
    beforeAll(async () => {
      started = await startTestRedis(options());
    });
    body({
      get url() {
        return redis().url;
      },
      kill: () => redis().kill(),
      start: () => redis().start(),
      remove: () => redis().remove(),
    });
    afterAll(() => started?.remove()); // the last: those of the body may still talk to it
  });
}

/** Declares the same tests of each online store. @param title with `%s` for its name. @param body is given the Redis where it is the one in Redis */
export function describeEachOnlineStore(title: string, body: (name: OnlineStore['name'], redis: TestRedis | undefined) => void): void {
  describeWithRedis(title.replace('%s', 'redis'), (redis) => body('redis', redis));
  describe(title.replace('%s', 'postgres'), () => body('postgres', undefined));
}

/** @param body declares tests, which may start a PgBouncer; they are skipped where none can be had */
export function describeWithPgBouncer(title: string, body: (start: typeof startPgBouncer) => void): void {
  (canHave('pgbouncer') ? describe : describe.skip)(title, () => body(startPgBouncer));
}
