import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { driftRetrainInputSchema, waitingAlertSchema } from '../../../contracts/events.ts';
import { SEARCH_ATTRIBUTES } from '../../../contracts/aboutRun.ts';
import { canaryInputSchema } from '../../../contracts/canary.ts';
import { healthWatchInputSchema } from '../../../contracts/scaling.ts';
import { userErasureInputSchema } from '../../../contracts/erasure.ts';
import { backfillInputSchema } from '../../../contracts/schedules.ts';
import { modelTrainingInputSchema } from '../../../contracts/training.ts';
import { webhookDeliveryInputSchema } from '../../../contracts/webhooks.ts';
import { rowOf, WORKFLOW_TYPES, type WorkflowType } from '../../../contracts/workflows.ts';
import { STATE_QUERY, workflowStateSchema } from '../../../contracts/workflowState.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';

const page = readFileSync(path.join(PROJECT_ROOT, 'docs', 'temporal.md'), 'utf8');
/** The first block of JSON under a heading. */
const jsonUnder = (heading: string): unknown => {
  const section = page.split(/^##+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return JSON.parse(/^```json\n([^]*?)^```$/m.exec(section)?.[1] ?? 'null');
};
/** Of those that no caller starts by name. */
const OWN_INPUTS = {
  movieModelTraining: modelTrainingInputSchema,
  webhookDelivery: webhookDeliveryInputSchema,
  driftRetrain: driftRetrainInputSchema,
  canaryRollout: canaryInputSchema,
  systemHealthWatch: healthWatchInputSchema,
  scheduleBackfill: backfillInputSchema,
  userErasure: userErasureInputSchema,
};
const inputOf = (workflow: WorkflowType) => rowOf(workflow).input ?? OWN_INPUTS[workflow as keyof typeof OWN_INPUTS];

describe('docs/temporal.md', () => {
  test.each(WORKFLOW_TYPES)('has an input of %s to paste, which it takes', (workflow) => {
    expect(inputOf(workflow).safeParse(jsonUnder(workflow))).toMatchObject({ success: true });
  });

  test('has an answer to the query as workflows give it, and an alert as driftRetrain takes it', () => {
    expect(page).toContain(`--type ${STATE_QUERY}\n`);
    expect(workflowStateSchema.strict().parse(jsonUnder('Ask what it does now'))).toMatchObject({ next: 'mark_winner' });
    const alert = /`(\{"event_id".*?\})`/.exec(page)?.[1]?.replace('<uuid>', '00000000-0000-4000-8000-000000000001') ?? '';
    expect(waitingAlertSchema.parse(JSON.parse(alert))).toMatchObject({ drift_score: 0.85 });
  });

  test('has every signal that a workflow hears, and every search attribute', () => {
    const folder = path.join(PROJECT_ROOT, 'workflows');
    const code = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'));
    const heard = code.flatMap((text) =>
      [...text.matchAll(/setHandler\((?:defineSignal\()?(\w+)/g)].map(([, name = '']) => name.toLowerCase()),
    );
    const signals = [...page.matchAll(/^\| `(\w+)` \| (?:all|`)/gm)].map(([, name = '']) => name);
    expect(signals.map((name) => name.toLowerCase()).sort()).toEqual(heard.filter((name) => name !== STATE_QUERY).sort());
    for (const attribute of Object.values(SEARCH_ATTRIBUTES)) expect(page).toContain(`| \`${attribute}\` |`);
  });
});
