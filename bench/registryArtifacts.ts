import http from 'node:http';
import { Readable } from 'node:stream';
import { residentMb } from '../platform/proc.mjs';
import type { RegistryServer } from './registryServers.ts';

const MB = 1024 * 1024;
const LOOK_EVERY_MS = 5;

/** MB a second of one artifact up and down, and the most resident memory that it took of the server's process above idle. */
export async function measureArtifacts({ url, pid }: RegistryServer, experiment: number, mb: number) {
  const at = (name: string) => `${url}/api/2.0/mlflow-artifacts/artifacts/${experiment}/0123456789abcdef0123456789abcdef/artifacts/${name}`;
  await send(at('small.bin'), 1);
  await fetchWhole(at('small.bin'));
  const idleMb = residentMb(pid) ?? NaN;
  let mostMb = idleMb;
  const look = setInterval(() => (mostMb = Math.max(mostMb, residentMb(pid) ?? 0)), LOOK_EVERY_MS);
  const perSecond = async (work: Promise<unknown>) => {
    const startedAt = performance.now();
    await work;
    return (1_000 * mb) / (performance.now() - startedAt);
  };
  try {
    const up = await perSecond(send(at('large.bin'), mb));
    const down = await perSecond(
      fetchWhole(at('large.bin')).then((bytes) => {
        if (bytes !== mb * MB) throw new Error(`${bytes} bytes came back of ${mb} MB`);
      }),
    );
    return { up, down, aboveIdleMb: mostMb - idleMb };
  } finally {
    clearInterval(look);
  }
}

function send(url: string, mb: number): Promise<void> {
  const chunk = Buffer.alloc(MB, 'made up ');
  const content = Readable.from(
    (function* () {
      for (let sent = 0; sent < mb; sent += 1) yield chunk;
    })(),
  );
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': mb * MB };
    const request = http.request(url, { method: 'PUT', headers }, (answer) => {
      answer.resume().on('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`PUT ${url}: ${answer.statusCode}`))));
    });
    content.pipe(request.on('error', reject));
  });
}

function fetchWhole(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http
      .get(url, (answer) => {
        let bytes = 0;
        answer.on('data', (part: Buffer) => (bytes += part.length));
        answer.on('end', () => (answer.statusCode === 200 ? resolve(bytes) : reject(new Error(`GET ${url}: ${answer.statusCode}`))));
      })
      .on('error', reject);
  });
}
