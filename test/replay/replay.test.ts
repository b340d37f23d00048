import { describe, expect, test } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { TRACE_HEADER } from '../../contracts/traceContext.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { quietTemporal } from '../support/quietTemporal.ts';

const HISTORIES = path.join(import.meta.dirname, 'histories');
const releases = readdirSync(HISTORIES).sort();
const recordings = releases.flatMap((release) => readdirSync(path.join(HISTORIES, release)).map((file) => path.join(release, file)));
const workflowNames = (files: string[]) => [...new Set(files.map((file) => path.basename(file).split('.')[0]))].sort();

quietTemporal();

const BUNDLE = { codePath: path.join(PROJECT_ROOT, 'dist', 'workflow-bundle.cjs') };

function replay(workflowBundle: WorkflowBundleOption, recording: string, isTraced = false) {
  const history = JSON.parse(readFileSync(path.join(HISTORIES, recording), 'utf8')) as Recording;
  const start = history.events[0].workflowExecutionStartedEventAttributes;
  if (isTraced) start.header = TRACED;
  return Worker.runReplayHistory({ workflowBundle }, history, start.workflowId);
}
interface Recording {
  /** Children are named after it. */
  events: [{ workflowExecutionStartedEventAttributes: { workflowId: string; header?: object } }];
}

/** What a start has that somebody traced, as a history in JSON has it. */
const base64 = (text: string) => Buffer.from(text).toString('base64');
const CARRIER = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
const TRACED = { fields: { [TRACE_HEADER]: { metadata: { encoding: base64('json/plain') }, data: base64(JSON.stringify(CARRIER)) } } };

describe('a run that began under an earlier release goes on under this code', () => {
  test.each(recordings)('%s', async (recording) => {
    await replay(BUNDLE, recording);
  });

  test.each(recordings)('%s, where it is traced', async (recording) => {
    await replay(BUNDLE, recording, true);
  });

  test('and no recording tells in which folder it was made', () => {
    const telling = recordings.filter((recording) =>
      / \(?(file:\/)?\/\S+:\d+:\d+/.test(readFileSync(path.join(HISTORIES, recording), 'utf8')),
    );
    expect(telling).toEqual([]);
  });

  test('and every workflow of this code has a recording', () => {
    const index = readFileSync(path.join(PROJECT_ROOT, 'workflows', 'index.ts'), 'utf8');
    const exported = [...index.matchAll(/export \{ (\w+) \}/g)].map(([, name]) => name).sort();
    expect(workflowNames(recordings)).toEqual(exported);
  });
});

test('a workflow whose steps changed without a patch is caught', async () => {
  const broken = await bundleWorkflowCode({
    workflowsPath: path.join(import.meta.dirname, 'broken', 'index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  const recording = recordings.find((file) => file.endsWith('movieModelTraining.json'))!;
  await expect(replay(broken, recording)).rejects.toThrow(/Nondeterminism|determinism/i);
});
