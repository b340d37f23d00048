import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { driftAlertBodySchema, MAX_HANDLED_ALERTS, MAX_PENDING_ALERTS, userInteractionBodySchema } from '../../../contracts/events.ts';
import { jsonBytes } from '../../../contracts/bounded.ts';
import * as sizes from '../../../contracts/sizes.ts';
import { largestAlert, largestInteraction, REFUSED_CHARACTERS, textOf, WIDE_CHARACTERS } from '../../hostile/bodies.ts';

/** Spring's headers of a dead letter with the longest reason, and what CloudEvents adds: far more than either has. */
const HEADERS_OF_DEAD_LETTER = 16 * 1024;
const HISTORY_BYTES = 50 * 1024 * 1024;

describe('each station takes what the one before lets through', () => {
  test('of the bounds themselves', () => {
    const { BODY_BYTES, EVENT_BYTES, RELAY_REQUEST_BYTES, BROKER_MESSAGE_BYTES, WORKFLOW_INPUT_BYTES, PAYLOAD_BYTES, LEDGER } = sizes;
    expect(EVENT_BYTES + HEADERS_OF_DEAD_LETTER).toBeLessThan(RELAY_REQUEST_BYTES);
    expect(RELAY_REQUEST_BYTES + HEADERS_OF_DEAD_LETTER).toBeLessThan(BROKER_MESSAGE_BYTES);
    expect(WORKFLOW_INPUT_BYTES).toBeLessThan(BODY_BYTES);
    expect(LEDGER.runResultBytes).toBeLessThan(PAYLOAD_BYTES);
    expect(LEDGER.inputBytes).toBeGreaterThanOrEqual(WORKFLOW_INPUT_BYTES);
    expect(200 * WORKFLOW_INPUT_BYTES + PAYLOAD_BYTES).toBeLessThan(HISTORY_BYTES); // a backfill's children, a sweep's trials
  });

  test.each(Object.entries(WIDE_CHARACTERS))('of the largest valid events, of %s', (_, character) => {
    const interaction = userInteractionBodySchema.parse(largestInteraction(character, randomUUID()));
    const alert = driftAlertBodySchema.parse(largestAlert(character, randomUUID()));
    expect(jsonBytes(interaction)).toBeLessThan(sizes.EVENT_BYTES);
    expect(jsonBytes(alert)).toBeLessThan(sizes.EVENT_BYTES);
  });

  test('of the recommendations of a batch', () => {
    const recommendations = Array.from({ length: 100 }, (_, n) => ({ movie_id: '2147483647', score: -1.2345678901234567e-300, rank: n }));
    const user_id = textOf('€', sizes.ID_CHARACTERS);
    const model = { name: 'neural_cf_rating', version: '999999999' };
    const batch = `batch/${textOf('€', 100)}`;
    const event = { event_id: randomUUID(), batch, user_id, model, recommendations, timestamp: new Date().toISOString() };
    expect(jsonBytes(event)).toBeLessThan(sizes.EVENT_BYTES);
  });

  test('of what driftRetrain carries over, as an input and with the most alerts', () => {
    const input = {
      model_name: 'neural_cf_rating',
      debounce_ms: Number.MAX_SAFE_INTEGER,
      cool_down_ms: Number.MAX_SAFE_INTEGER,
      cool_down_left_ms: Number.MAX_SAFE_INTEGER,
      pending: Array.from({ length: MAX_PENDING_ALERTS }, () => ({ event_id: randomUUID(), drift_score: 1.2345678901234567e300 })),
      handled: Array.from({ length: MAX_HANDLED_ALERTS }, () => randomUUID()),
      retrains: Number.MAX_SAFE_INTEGER,
      failed: Number.MAX_SAFE_INTEGER,
    };
    expect(jsonBytes(input)).toBeLessThan(sizes.WORKFLOW_INPUT_BYTES);
  });

  test('of the plan of a batch', () => {
    const user = textOf('€', sizes.ID_CHARACTERS);
    const model = { name: 'neural_cf_rating', version: '999999999', source: 'b'.repeat(500) };
    const shards = Array.from({ length: sizes.BATCH_SHARDS }, () => ({ after: user, upTo: user }));
    expect(jsonBytes({ models: [model, model], shards })).toBeLessThan(sizes.PAYLOAD_BYTES);
  });

  test('of the result of a sweep', () => {
    const layers = [1024, 1024, 1024, 1024, 1024, 1024];
    const member = { kind: 'neural_cf', objective: 'ranking', learning_rate: 0.12345678901234567, hidden_units: layers, dropout: 0.12345 };
    const spec = {
      kind: 'ensemble',
      members: Array.from({ length: 8 }, () => ({ ...member, epochs: 500, embedding_dim: 512, l2: 0.12345 })),
    };
    const value = 0.12345678901234567;
    const outcome = {
      value,
      epochs: 500,
      trained_epochs: 500,
      metrics: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`a_long_metric_at_${n}`, value])),
      checks: Array.from({ length: sizes.TRIAL_CHECKS }, () => ({ epoch: 500, value })),
      train_ms: 1e9,
    };
    const finished = { trial: 200, state: 'finished', spec, outcome, error: null, registry_run_id: '2'.repeat(32) };
    const failed = { ...finished, state: 'failed', outcome: null, error: textOf('€', sizes.TRIAL_ERROR_CHARACTERS) };
    for (const trial of [finished, failed]) {
      const result = { trials: Array.from({ length: 200 }, () => trial), best: { trial: 200, value, spec } };
      expect(jsonBytes(result)).toBeLessThan(sizes.LEDGER.runResultBytes);
    }
  });
});

test.each(Object.entries(REFUSED_CHARACTERS))('no text of an event may hold %s, which grows six times as JSON', (_, character) => {
  const interaction = { user_id: '1', movie_id: 1, interaction_type: 'view' };
  const alert = { model_name: 'popularity', drift_score: 1, threshold: 0.5 };
  const schemas = [
    [userInteractionBodySchema, interaction, { user_id: `a${character}` }],
    [userInteractionBodySchema, interaction, { session_id: character }],
    [driftAlertBodySchema, alert, { model_version: character }],
    [driftAlertBodySchema, alert, { metrics: { [character]: 1 } }],
  ] as const;
  for (const [schema, good, bad] of schemas) {
    expect(schema.safeParse(good).success).toBe(true);
    expect(schema.safeParse({ ...good, ...bad }).success).toBe(false);
  }
});
