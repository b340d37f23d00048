import { MockActivityEnvironment } from '@temporalio/testing';

/** Runs a body as an activity of the workflow with this id. */
export async function inActivity<T>(workflowId: string, body: () => Promise<T>): Promise<T> {
  const environment = new MockActivityEnvironment({ workflowExecution: { workflowId, runId: 'test' } });
  const answers: T[] = [];
  await environment.run(async () => void answers.push(await body()));
  return answers[0]!;
}
