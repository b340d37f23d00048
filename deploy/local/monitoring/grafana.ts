import { existsSync } from 'node:fs';
import { realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT, type Config } from '../../../platform/config.ts';
import { provisioningFiles } from '../../grafana/provisioning.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';

const HEAD = 'Written at each start; deploy/grafana/ has what it is made from.';
const PRIVATE = { mode: 0o600 };
/** As the guide has it, for a Grafana that this machine alone reaches. */
const GUIDE_LOGIN = { user: 'admin', password: 'admin123' };
const DASHBOARDS = path.join(PROJECT_ROOT, 'deploy', 'grafana', 'dashboards');

/** Writes what Grafana reads: who may log in, where Prometheus is, and the dashboards. @returns the file */
export async function configureGrafana(folder: string, { monitoring, ports }: Pick<Config, 'monitoring' | 'ports'>): Promise<string> {
  const provisioning = path.join(folder, 'provisioning');
  for (const kind of ['datasources', 'dashboards']) await makeFolder(path.join(provisioning, kind));
  const files = provisioningFiles([HEAD], { prometheus: monitoring.prometheusUrl, dashboards: DASHBOARDS });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(provisioning, name), text, PRIVATE);
  const file = path.join(folder, 'grafana.ini');
  const secret = await writePassword(folder, monitoring.grafanaPassword);
  await writeFile(
    file,
    iniFile({
      paths: { data: path.join(folder, 'data'), logs: path.join(folder, 'logs'), plugins: path.join(folder, 'plugins'), provisioning },
      server: { http_addr: '127.0.0.1', http_port: String(ports.GRAFANA_PORT) },
      security: { admin_user: GUIDE_LOGIN.user, admin_password: secret ?? GUIDE_LOGIN.password },
      dashboards: { default_home_dashboard_path: path.join(DASHBOARDS, 'mlops-overview.json') },
      users: { allow_sign_up: 'false' },
      analytics: { reporting_enabled: 'false', check_for_updates: 'false', check_for_plugin_updates: 'false' },
      log: { mode: 'console', level: 'warn' },
    }),
    PRIVATE,
  );
  return file;
}

/** The folder with Grafana's own pages: of an archive it is beside the program, of a package it is where packages put it; none where it finds them itself. */
export async function grafanaHome(program: string): Promise<string[]> {
  const beside = path.dirname(path.dirname(await realpath(program)));
  return [beside, '/usr/share/grafana'].filter((folder) => existsSync(path.join(folder, 'public'))).slice(0, 1);
}

/** Into a file that its owner alone reads. @returns how Grafana's configuration refers to it */
async function writePassword(folder: string, password: string | undefined): Promise<string | undefined> {
  if (password === undefined) return undefined;
  const file = path.join(folder, 'admin-password');
  await writeFile(file, password, PRIVATE);
  return `$__file{${file}}`;
}

const iniFile = (sections: Readonly<Record<string, Readonly<Record<string, string>>>>): string =>
  [
    `; ${HEAD}`,
    ...Object.entries(sections).map(
      ([name, values]) =>
        `[${name}]\n${Object.entries(values)
          .map(([key, value]) => `${key} = ${value}`)
          .join('\n')}`,
    ),
  ].join('\n\n') + '\n';
