import { expect, test } from '@jest/globals';
import { rolloutCandidate } from '../../../console/pages/serving/rolloutCandidate.ts';

const version = (name: string, number: string, passed: boolean | null, aliases: readonly string[] = []) => ({
  ...{ name, version: number, aliases, gate: passed === null ? null : { passed } },
});

test('a rollout is suggested with a version that it would take, and with none where there is none', () => {
  const models = [
    { latest_versions: [version('shop', '1', true)] },
    { latest_versions: [version('ials', '1', true, ['champion']), version('ials', '2', false, ['challenger'])] },
    { latest_versions: [version('ease', '3', null), version('ease', '2', true, ['challenger'])] },
  ];
  const answers = (name: string) => name !== 'shop';
  expect(rolloutCandidate(models, answers)).toMatchObject({ name: 'ease', version: '2' });
  expect(rolloutCandidate(models.slice(0, 2), answers)).toBeUndefined();
});
