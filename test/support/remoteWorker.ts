import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { json } from 'node:stream/consumers';
import { ApplicationFailure } from '@temporalio/common';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { answers } from '../replay/answers.ts';
import { testLog } from './testLog.ts';

export interface Call {
  readonly activity: keyof typeof answers;
  readonly input: unknown;
  readonly workflowId: string;
  readonly attempt: number;
}

export interface RemoteWorker {
  /** Ends the process with -9, and starts another. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('remoteWorker.mjs', import.meta.url));

/** A worker in a process of its own, for the real workflows; `answer` does its activities, here. An answer to a worker that was killed meanwhile is lost. */
export async function startRemoteWorker(
  address: string,
  queues: readonly string[],
  answer: (call: Call) => Promise<unknown>,
): Promise<RemoteWorker> {
  const server = createServer((request, response) => {
    json(request)
      .then((call) => answer(call as Call))
      .then(
        (result) => ({ result }),
        (error: Error) => ({
          failure: {
            message: error.message,
            type: error instanceof ApplicationFailure ? error.type : error.name,
            retryable: !(error instanceof ApplicationFailure && error.nonRetryable),
          },
        }),
      )
      .then(
        (said) => response.end(JSON.stringify(said)),
        () => response.destroy(),
      );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const start = async () => {
    const child = spawn(process.execPath, [ENTRY], {
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: address,
        ACTIVITIES_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        WORKFLOW_BUNDLE: path.join(PROJECT_ROOT, 'dist', 'workflow-bundle.cjs'),
        ACTIVITIES: Object.keys(answers).join(),
        QUEUES: queues.join(),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => testLog.write(chunk));
    const exit = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), exit.then(() => Promise.reject(new Error('the worker ended before it polled')))]);
    return { child, exit };
  };
  let running = await start();
  const end = async () => {
    running.child.kill('SIGKILL');
    await running.exit;
  };
  return {
    async kill() {
      await end();
      running = await start();
    },
    async close() {
      await end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
