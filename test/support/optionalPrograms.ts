import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { locatePgBouncer, locateRedis } from '../../deploy/local/engines/engine.ts';
import { findOnPath } from '../../deploy/local/setup/findOnPath.mjs';
import { saidOfLack } from '../../deploy/local/setup/without.mjs';
import type { OnlineStore } from '../../domain/features/online/store.ts';
import { readConfig } from '../../platform/config.ts';
import type { Browser } from 'playwright-core';
import { startPgBouncer } from './pgBouncer.ts';
import { prometheusProgram } from './prometheus.ts';
import { startTestRedis, type TestRedis } from './redis.ts';

/** CHROMIUM names one that is not on PATH. */
const locateChromium = (cacheDir: string) => ({
  command: process.env['CHROMIUM'] ?? findOnPath('chromium') ?? path.join(cacheDir, 'chromium', 'chromium'),
});
const PROGRAMS = { redis: locateRedis, pgbouncer: locatePgBouncer, chromium: locateChromium };

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

/** @param body declares tests, which have one Chromium; they are skipped where none can be had */
export function describeWithChromium(title: string, body: (browser: () => Browser) => void): void {
  (canHave('chromium') ? describe : describe.skip)(title, () => {
    let browser: Browser;
    beforeAll(async () => {
      const { chromium } = await import('playwright-core');
      // Its sandbox needs what a container seldom has; the only pages it opens are ours.
      browser = await chromium.launch({ executablePath: locateChromium(readConfig().cacheDir).command, args: ['--no-sandbox'] });
    });
    afterAll(() => browser.close());
    body(() => browser);
  });
}

/** A test of what Prometheus measures. No setup brings it by itself (`npm run monitoring:install` does), so that a machine may lack it without having said so. */
export const testWithPrometheus = (title: string, body: () => Promise<void>): void =>
  (prometheusProgram() === undefined ? test.skip : test)(title, body);
