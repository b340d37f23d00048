import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { locateMonitor } from '../../deploy/local/monitoring/programs.ts';
import { startChild, untilReady } from '../../deploy/local/supervision/child.ts';
import { prometheusConfig } from '../../deploy/prometheus/scrape.ts';
import { rules } from '../../deploy/prometheus/rules.ts';
import { yamlFile } from '../../deploy/prometheus/yaml.ts';
import { readConfig } from '../../platform/config.ts';

/** Its program; undefined on a machine that has none, where what needs it is skipped. */
export const prometheusProgram = (): string | undefined => locateMonitor(readConfig(), 'prometheus');

/** A Prometheus of its own, as `npm start` runs it. @param api `host:port` of the API that it watches */
export async function startTestPrometheus(program: string, { port, api }: { port: number; api: string }): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlops-prometheus-'));
  const address = `127.0.0.1:${port}`;
  const config = prometheusConfig({ targets: { services: { api, gone: '127.0.0.1:9' }, prometheus: address }, rulesFile: 'rules.yml' });
  await writeFile(path.join(folder, 'rules.yml'), yamlFile([], rules()));
  await writeFile(path.join(folder, 'prometheus.yml'), yamlFile([], config));
  const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`];
  const child = await startChild({ command: program, args, cwd: folder, logFile: path.join(folder, 'log') });
  await untilReady(child, async () => {
    const answer = await fetch(`http://${address}/-/ready`, { signal: AbortSignal.timeout(3_000) });
    if (!answer.ok) throw new Error(`Prometheus answers ${answer.status}`);
  });
  return async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
