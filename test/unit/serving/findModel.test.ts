import { expect, test } from '@jest/globals';
import type { ModelName } from '../../../contracts/models.ts';
import type { ModelRef } from '../../../contracts/routes.ts';
import { findModel, versionsOf } from '../../../serving/scoring/findModel.ts';

const model = (name: ModelName, version: string, ...refs: ModelRef[]) => ({ name, version, refs });
const LOADED = [
  model('ease', '10', 'ease@challenger'),
  model('ease', '9', 'ease@champion'),
  model('neural_cf', '10', 'neural_cf/10'),
  model('neural_cf', '9', 'neural_cf/9'),
];

test('the champion answers where no version is asked for, though a newer one is loaded', () => {
  expect(findModel(LOADED, 'ease', undefined).version).toBe('9');
});

test('the newest answers, by number, where the champion is not loaded', () => {
  expect(findModel(LOADED, 'neural_cf', undefined).version).toBe('10');
  expect(versionsOf(LOADED, 'neural_cf').map(({ version }) => version)).toEqual(['9', '10']);
});

test('the version that is asked for answers, and what is not loaded is told with what is', () => {
  expect(findModel(LOADED, 'ease', '10').version).toBe('10');
  expect(() => findModel(LOADED, 'ease', '1')).toThrow('model ease 1 is not loaded; there are ease 10, ease 9, neural_cf 10, neural_cf 9');
  expect(() => findModel([], 'ease', undefined)).toThrow('model ease is not loaded; no model is');
});
