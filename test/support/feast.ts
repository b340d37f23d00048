import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { locatePython } from '../../deploy/local/engines/engine.ts';
import { readConfig } from '../../platform/config.ts';
import { waitFor } from './waitFor.ts';

const COMMAND_LINE = 'from feast.cli.cli import cli; cli()';

/** A folder with a Feast repository, in which Feast's own Python runs. */
export interface FeastRepository {
  readonly folder: string;
  /** Runs Python. @returns what it wrote to standard output @throws with what it wrote to standard error */
  python(...args: string[]): Promise<string>;
  feast(...args: string[]): Promise<string>;
  /** Starts `feast serve`. @returns its address, when it answers */
  serve(port: number): Promise<string>;
  remove(): Promise<void>;
}

export async function createFeastRepository(files: Readonly<Record<string, string>>): Promise<FeastRepository> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlops-feast-'));
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  const started: (() => Promise<void>)[] = [];
  const start = (args: readonly string[]) => {
    const child = spawn(locatePython(readConfig().cacheDir, 'feast'), args, {
      cwd: folder,
      env: { ...process.env, FEAST_USAGE: 'False', NO_PROXY: '127.0.0.1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
    return { child, output, exit: once(child, 'exit').then(([code]) => code as number | null) };
  };
  async function python(...args: string[]) {
    const { output, exit } = start(args);
    const code = await exit;
    if (code !== 0) throw new Error(`Python ended with ${code}: ${output.err.slice(-4_000)}`);
    return output.out;
  }
  return {
    folder,
    python,
    feast: (...args) => python('-c', COMMAND_LINE, ...args),
    async serve(port) {
      const { child, output, exit } = start(['-c', COMMAND_LINE, 'serve', '-h', '127.0.0.1', '-p', String(port), '--no-access-log']);
      started.push(async () => {
        child.kill(); // its workers end with it
        await exit;
      });
      const url = `http://127.0.0.1:${port}`;
      await waitFor(`feast serve: ${output.err}`, () => fetch(`${url}/health`).then(({ ok }) => ok));
      return url;
    },
    async remove() {
      for (const end of started) await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
