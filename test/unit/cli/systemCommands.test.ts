import { expect, test } from '@jest/globals';
import type { Setting, Versions } from '../../../contracts/system.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const settings = askScriptedApi('settings');
const versions = askScriptedApi('versions');

const SETTINGS: Setting[] = [
  { name: 'LOG_LEVEL', purpose: 'Least level', source: 'environment', is_secret: false, is_set: true, value: 'debug' },
  { name: 'ERASURE_KEY', purpose: 'Hashes ids', source: 'file', is_secret: true, is_set: true, value: null },
  { name: 'BACKUP_KEY', purpose: 'Encrypts backups', source: 'default', is_secret: true, is_set: false, value: null },
];
const VERSIONS: Versions = {
  ...{ version: '1.2.3', release: '1.2.3+abc', schema_version: 59, node: '22.1.0', started_at: '2026-11-23T22:55:00.000Z' },
  engines: [
    { name: 'postgres', version: '18.1' },
    { name: 'temporal', version: null },
  ],
};

test('settings say what they are and where that comes from, and of a secret whether it is set', async () => {
  const answer = { 'GET /api/v1/system/settings': { body: { settings: SETTINGS } } };
  const all = [
    ['SETTING', 'VALUE', 'FROM', 'WHAT FOR'],
    ['LOG_LEVEL', 'debug', 'environment', 'Least level'],
    ['ERASURE_KEY', '(set)', 'file', 'Hashes ids'],
    ['BACKUP_KEY', '(not set)', 'default', 'Encrypts backups'],
  ];
  expect(cells((await settings.ask([], answer)).out)).toEqual(all);
  expect(cells((await settings.ask(['--given'], answer)).out)).toEqual(all.slice(0, 3));
});

test('versions are those of the platform and of what it stands on', async () => {
  const { out } = await versions.ask([], { 'GET /api/v1/system/versions': { body: VERSIONS } });
  expect(cells(out)).toEqual([
    ['WHAT', 'VERSION'],
    ['movie-mlops', '1.2.3+abc'],
    ['node', '22.1.0'],
    ['postgres', '18.1'],
    ['temporal', '-'],
    ['newest migration', '59'],
    ['the API runs since', '2026-11-23 22:55:00'],
  ]);
});
