import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { locatePython } from '../../deploy/local/engines/engine.ts';
import type { S3Access } from '../../platform/blobs/s3.ts';
import { readConfig } from '../../platform/config.ts';
import { waitFor } from './waitFor.ts';

export interface TestS3 {
  readonly access: S3Access;
  /** For processes */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

export const BUCKET = 'models';

/** A server of S3's protocol on a port of its own, with one bucket. */
export async function startTestS3(): Promise<TestS3> {
  const [port = 0] = await freePorts(1);
  const main = 'import sys; from moto.server import main; main(sys.argv[1:])';
  const server = spawn(locatePython(readConfig().cacheDir, 'moto'), ['-c', main, '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  const access = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', accessKeyId: 'key', secretAccessKey: 'secret' };
  await waitFor('S3 to answer', async () => (await fetch(access.endpoint)).ok);
  await fetch(`${access.endpoint}/${BUCKET}`, { method: 'PUT' });
  return {
    access,
    env: { AWS_ENDPOINT_URL_S3: access.endpoint, AWS_ACCESS_KEY_ID: access.accessKeyId, AWS_SECRET_ACCESS_KEY: access.secretAccessKey },
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    },
  };
}
