import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** The variables of this process, with those of `.env` where this process has none. */
export function readEnvironment() {
  const file = path.join(ROOT, '.env');
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...process.env } : process.env;
}

/** As platform/config.ts has it, which test/unit/deploy/setup.test.ts holds it to. */
const API_PORT = 8000;
const EVERYWHERE = ['0.0.0.0', '::'];

/**
 * Where the console is going to be: told before there is a build that could be asked for it.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {string | undefined} undefined where the environment has no usable port, which the start says later
 */
export function consoleUrl(env = readEnvironment()) {
  const port = Number(env.API_PORT || API_PORT + Number(env.PORT_OFFSET || 0));
  if (!Number.isInteger(port)) return undefined;
  const host = !env.HOST || EVERYWHERE.includes(env.HOST) ? '127.0.0.1' : env.HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/console`;
}
