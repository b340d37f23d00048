import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../../../platform/config.ts';
import { monitorFolder } from '../engines/engine.ts';
import { findOnPath } from '../setup/findOnPath.mjs';

/** What `npm run monitoring:install` brings. */
export const BROUGHT_MONITORS = ['prometheus', 'alertmanager'] as const;
/** Grafana is in no registry that this machine is sure to reach: it is run where somebody has installed it. */
export const MONITOR_NAMES = [...BROUGHT_MONITORS, 'grafana'] as const;
export type MonitorName = (typeof MONITOR_NAMES)[number];

/** As they are called on PATH; Debian calls Alertmanager by another name. */
const ON_PATH: Readonly<Record<MonitorName | 'promtool', readonly string[]>> = {
  prometheus: ['prometheus'],
  promtool: ['promtool'],
  alertmanager: ['alertmanager', 'prometheus-alertmanager'],
  grafana: ['grafana'],
};

type Places = { readonly cacheDir: string; readonly monitoring: Pick<Config['monitoring'], 'programs'> };

/** The program where it is: what a setting names, else what is on PATH, else what lies in the cache; undefined where it is not here. */
export function locateMonitor({ cacheDir, monitoring }: Places, name: MonitorName | 'promtool'): string | undefined {
  const given = name === 'promtool' ? undefined : monitoring.programs[name];
  if (given !== undefined) return existsSync(given) ? given : undefined;
  const onPath = ON_PATH[name].map((program) => findOnPath(program)).find((found) => found !== undefined);
  if (onPath !== undefined || name === 'grafana') return onPath;
  const cached = path.join(monitorFolder(cacheDir, name === 'promtool' ? 'prometheus' : name), name);
  return existsSync(cached) ? cached : undefined;
}

/** Those that are started here, with their programs: none beside somebody else's, and none that has nothing to ask. */
export function startedMonitors(config: Pick<Config, 'cacheDir' | 'monitoring'>): ReadonlyMap<MonitorName, string> {
  const { external, grafanaExternal } = config.monitoring;
  const isThere = (name: MonitorName) => locateMonitor(config, name) !== undefined;
  const hasPrometheus = !external && isThere('prometheus');
  const isStarted = { prometheus: hasPrometheus, alertmanager: hasPrometheus, grafana: !grafanaExternal && (external || hasPrometheus) };
  const names = MONITOR_NAMES.filter((name) => isStarted[name] && isThere(name));
  return new Map(names.map((name) => [name, locateMonitor(config, name)!]));
}

/** What gets them. */
export const GET_MONITORS = '`npm run monitoring:install` gets both; or set PROMETHEUS_PROGRAM and ALERTMANAGER_PROGRAM';

/** Pages that were unpacked beside the program, which it looks for where a package would have put them. */
export function unpackedPages(program: string, ...below: readonly string[]): string | undefined {
  const folder = path.join(path.dirname(program), 'usr', 'share', 'prometheus', ...below);
  return existsSync(folder) ? folder : undefined;
}
