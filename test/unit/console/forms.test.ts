import { expect, test } from '@jest/globals';
import { listWorkflows } from '../../../api/workflowCatalogue.ts';
import { fieldsOf, filledWith, holds, inputOf, type Field } from '../../../console/pages/pipelines/forms.ts';
import { STARTABLE_WORKFLOWS, WORKFLOWS, type StartableWorkflow } from '../../../contracts/workflows.ts';

const fieldsOfWorkflow = (name: string) => fieldsOf(listWorkflows().find((one) => one.name === name)!.input_schema);
const kinds = (fields: readonly Field[]) => Object.fromEntries(fields.map(({ name, kind }) => [name, kind]));

test('a training is asked for by ticks, numbers and choices, its gate in a group', () => {
  expect(kinds(fieldsOfWorkflow('movieTrainingPipeline'))).toEqual({
    models: 'kinds',
    seed: 'number',
    split: 'choice',
    sets: 'list',
    gate: 'group',
    experiment: 'text',
    max_parallel: 'number',
    resources: 'group',
  });
});

test('what is not filled in is not sent, so that the API decides it', () => {
  const fields = fieldsOfWorkflow('movieTrainingPipeline');
  expect(inputOf(fields, {})).toEqual({});
  const filled = {
    models: { ials: '', ease: undefined, sasrec: '{"epochs":2}' },
    seed: '7',
    split: '',
    sets: 'ml-1m, shop',
    gate: { promote: 'false', confidence: '0.9' },
    resources: {},
  };
  expect(inputOf(fields, filled)).toEqual({
    models: [{ kind: 'ials' }, { kind: 'sasrec', epochs: 2 }],
    seed: 7,
    sets: ['ml-1m', 'shop'],
    gate: { promote: false, confidence: 0.9 },
  });
});

test('the input of an earlier run fills the form, and comes out as it was', () => {
  const fields = fieldsOfWorkflow('movieTrainingPipeline');
  const input = { models: [{ kind: 'ials', epochs: 2, seed: 7 }, { kind: 'ease' }], seed: 7, sets: ['a', 'b'], gate: { promote: false } };
  expect(inputOf(fields, filledWith(fields, input))).toEqual(input);
  expect(holds(fields, { gate: input.gate, sets: input.sets, seed: 7, models: input.models })).toBe(true);
});

test.each([
  ['two models of a kind', { models: [{ kind: 'ials' }, { kind: 'ials', epochs: 2 }] }],
  ['a field that there is none for', { models: [{ kind: 'ials' }], wanted: 1 }],
  ['a text where a list should be', { models: 'x' }],
  ['a list where a text should be', { experiment: ['a'] }],
  ['a comma within an item', { sets: ['a, b'] }],
  ['no object', 'text'],
])('an input with %s is not put into the form, which would lose some of it', (_what, input) => {
  expect(holds(fieldsOfWorkflow('movieTrainingPipeline'), input)).toBe(false);
});

test('what no other field is for is JSON, and a text that is none is refused', () => {
  const fields = fieldsOfWorkflow('driftMonitor');
  expect(kinds(fields)['thresholds']).toBe('json');
  expect(inputOf(fields, { thresholds: '{"ease":{"items":0.3}}' })).toEqual({ thresholds: { ease: { items: 0.3 } } });
  expect(() => inputOf(fields, { thresholds: '{' })).toThrow(SyntaxError);
});

test.each(STARTABLE_WORKFLOWS)('an empty form of %s is an input, but for what it marks as required', (workflow: StartableWorkflow) => {
  const fields = fieldsOfWorkflow(workflow);
  const missing = WORKFLOWS[workflow].input.safeParse(inputOf(fields, {})).error?.issues.map(({ path: [name] }) => name) ?? [];
  expect(missing.sort()).toEqual(fields.flatMap(({ name, isRequired }) => (isRequired ? [name] : [])).sort());
});
