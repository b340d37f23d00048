/**
 * A worker process to be killed: the built workflows, with activities that ask ACTIVITIES_URL what they are to answer.
 * POST {"activity", "input", "workflowId", "attempt"} is answered by {"result"} or {"failure": {"message", "type", "retryable"}}.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const { TEMPORAL_ADDRESS, ACTIVITIES_URL, WORKFLOW_BUNDLE, ACTIVITIES = '', QUEUES = '' } = process.env;

Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'error', forward: {} } } });
const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
const activities = Object.fromEntries(ACTIVITIES.split(',').map((activity) => [activity, (input) => ask(activity, input)]));
const sinks = { traces: { ended: { fn() {} }, signalled: { fn() {} } } };
const options = { connection, workflowBundle: { codePath: WORKFLOW_BUNDLE }, activities, maxCachedWorkflows: 0, sinks };
const workers = await Promise.all(QUEUES.split(',').map((taskQueue) => Worker.create({ ...options, taskQueue })));
process.stdout.write('polls\n');
await Promise.all(workers.map((worker) => worker.run()));

async function ask(activity, input) {
  const { info } = Context.current();
  const body = JSON.stringify({ activity, input, workflowId: info.workflowExecution.workflowId, attempt: info.attempt });
  const { result, failure } = await (await fetch(ACTIVITIES_URL, { method: 'POST', body })).json();
  if (failure) throw ApplicationFailure.create({ message: failure.message, type: failure.type, nonRetryable: !failure.retryable });
  return result;
}
