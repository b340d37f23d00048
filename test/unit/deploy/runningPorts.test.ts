import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runningPorts } from '../../../deploy/local/stack/runningPorts.ts';
import { readState, stateFile, toRow, writeState } from '../../../deploy/local/stack/stackState.ts';
import { identify } from '../../../deploy/local/supervision/processIdentity.ts';
import { DEFAULT_PORTS, readConfig } from '../../../platform/config.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops running '));
});
afterEach(() => rm(folder, { recursive: true }));

const self = toRow(identify(process.pid));
const gone = { pid: 2 ** 22 + 1, start_time: '1' };

/** As `PORT_OFFSET=100 API_PORT=9000 npm start` leaves it. */
function run(supervisor = self) {
  const { ports } = readConfig({ PORT_OFFSET: '100', API_PORT: '9000' });
  writeState(folder, { supervisor, guard: self, ports, services: [] });
}
const apiOf = (env: Record<string, string> = {}) => {
  const given = { STATE_DIR: folder, ...env };
  const { client, ports } = readConfig({ ...given, ...runningPorts(given) });
  return [client.apiUrl, ports.AIRFLOW_PORT];
};

test('whoever says nothing of ports finds the stack that runs here, on those that it was started with', () => {
  run();
  expect(apiOf()).toEqual(['http://127.0.0.1:9000', 8180]);
  expect(Object.keys(runningPorts({ STATE_DIR: folder })).sort()).toEqual(Object.keys(DEFAULT_PORTS).sort());
});

test('what is said of ports and addresses counts', () => {
  run();
  expect(apiOf({ PORT_OFFSET: '200' })).toEqual(['http://127.0.0.1:8200', 8280]);
  expect(apiOf({ API_PORT: '7000' })).toEqual(['http://127.0.0.1:7000', 8180]);
  expect(apiOf({ MLOPS_API_URL: 'https://elsewhere' })).toEqual(['https://elsewhere', 8180]);
});

test('one that does not run moves nothing, and the state of a release that kept no ports is read', () => {
  expect(apiOf()).toEqual(['http://127.0.0.1:8000', 8080]);
  run(gone);
  expect(apiOf()).toEqual(['http://127.0.0.1:8000', 8080]);
  run();
  const written = JSON.parse(readFileSync(stateFile(folder), 'utf8')) as Record<string, unknown>;
  writeFileSync(stateFile(folder), JSON.stringify({ ...written, ports: undefined }));
  expect(readState(folder)).toMatchObject({ supervisor: self, ports: {} });
  expect(apiOf()).toEqual(['http://127.0.0.1:8000', 8080]);
});
