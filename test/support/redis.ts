import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startChild, untilReady, type Child } from '../../deploy/local/supervision/child.ts';
import { locateRedis } from '../../deploy/local/engines/engine.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { readConfig } from '../../platform/config.ts';

export interface TestRedis {
  readonly url: string;
  /** kill -9; what was not written to disk is lost, as it would be. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what it had kept. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** A Redis of its own for one test file, keeping every write (appendfsync always), so that a kill loses nothing acknowledged. */
/** @param extra options of `redis-server` beside its folder and its port */
export async function startTestRedis(extra: readonly string[] = []): Promise<TestRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlops-redis-'));
  const [port = 0] = await freePorts(1);
  const { command, libraries } = locateRedis(readConfig().cacheDir);
  let child: Child;
  async function start() {
    child = await startChild({
      command,
      args: [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        folder,
        '--save',
        '',
        '--appendonly',
        'yes',
        '--appendfsync',
        'always',
        ...extra,
      ],
      env: { ...process.env, LD_LIBRARY_PATH: libraries },
      logFile: path.join(folder, 'redis.log'),
    });
    await untilReady(child, () => answers(port));
  }
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    async kill() {
      child.kill();
      await child.ended;
    },
    start,
    async remove() {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (!answer.toString().startsWith('+PONG')) throw new Error(answer.toString());
  } finally {
    socket.destroy();
  }
}
