import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_PORTS, PROJECT_ROOT, type PortName } from '../../platform/config.ts';

export interface GuideBlock {
  readonly title: string;
  /** As the guide prints it */
  readonly script: string;
}

/** The blocks of `commands.md`, in their order. */
export function guideBlocks(): GuideBlock[] {
  const page = readFileSync(path.join(import.meta.dirname, 'commands.md'), 'utf8');
  return [...page.matchAll(/^## (.+)\n\n```bash\n([^]*?)^```$/gm)].map(([, title = '', script = '']) => ({ title, script }));
}

/** A call that a block made. */
export interface GuideCall {
  readonly status: number;
  readonly port: number;
  readonly what: string;
}

const TOLD = 'answered';
/** What a block needs beside curl and a shell is not asked for here; nor is anybody to wait where the guide does. */
const PREAMBLE = `
curl() { command curl --write-out '%{stderr}\\n${TOLD} %{http_code} %{method} %{url_effective}\\n' "$@"; }
open() { :; }
docker() { return 1; }
sleep() { :; }
`;

/** Runs a block in a shell, with the ports of a stack in the place of those that are printed. @returns what it printed, and how each call was answered */
export async function runBlock(
  { script }: GuideBlock,
  ports: Readonly<Record<PortName, number>>,
): Promise<{ printed: string; calls: GuideCall[] }> {
  const child = spawn('bash', ['-c', PREAMBLE + withPorts(script, ports)], { cwd: PROJECT_ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [printed, told]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => told.push(chunk));
  await once(child, 'close');
  const lines = Buffer.concat(told)
    .toString()
    .matchAll(new RegExp(`^${TOLD} (\\d+) (\\w+) (.+)$`, 'gm'));
  const calls = [...lines].map(([, status, method, url = '']) => {
    const { port, pathname } = new URL(url);
    return { status: Number(status), port: Number(port), what: `${method} ${pathname}` };
  });
  return { printed: Buffer.concat(printed).toString(), calls };
}

/** As printed, but for host and port. */
function withPorts(script: string, ports: Readonly<Record<PortName, number>>): string {
  return script.replaceAll(/localhost:(\d+)/g, (address, printed: string) => {
    const name = (Object.keys(DEFAULT_PORTS) as PortName[]).find((candidate) => DEFAULT_PORTS[candidate] === Number(printed));
    if (name === undefined) throw new Error(`nothing here is at ${address}`);
    return `127.0.0.1:${ports[name]}`;
  });
}
