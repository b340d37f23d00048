import { ROLES } from '../../contracts/roles.ts';
import { DEFAULT_PORTS } from '../../platform/config.ts';
import { routeTable, type RouteRow } from './routeTable.ts';
import { openSurfaces, type Surfaces } from './surfaces.ts';

const PORTS: Readonly<Record<keyof Surfaces, string>> = {
  api: `The API, ${DEFAULT_PORTS.API_PORT}`,
  airflow: `Airflow's REST API, ${DEFAULT_PORTS.AIRFLOW_PORT}`,
  mlflow: `The model registry, for MLflow's clients, ${DEFAULT_PORTS.MLFLOW_PORT}`,
  feast: `The feature server, for Feast's clients, ${DEFAULT_PORTS.FEAST_PORT}`,
  serving: `The model server, ${DEFAULT_PORTS.SERVING_PORT}`,
  worker: `The workers, ${DEFAULT_PORTS.WORKER_CONTROL_METRICS_PORT} to ${DEFAULT_PORTS.WORKER_INGEST_METRICS_PORT}`,
};

const INTRO = `# Who may call what

Made from the routes as they are mounted, by \`npm run roles-page\`; \`integration/access\` asks every one of them as everybody. How callers are known, and keys: [access.md](access.md).

- *nobody* is whoever sends no credentials, or wrong ones, where credentials are asked for.
- \`HEAD\` is as \`GET\`. \`OPTIONS\` is answered to every caller that is known, with the methods that a path has.
- A caller of the role user exports and erases the user whose id is their own name, and no other. \`variant\`, which asks for a variant by name, needs operator wherever it is taken.
- Of a route that says *audit* each request that comes to change something is in the audit log. The others read, or take data of users, runs and features.
- MLflow's routes under \`/api/\` are there under \`/ajax-api/\` too, as its web page asks for them.
`;

/** docs/roles.md. */
export async function rolesPage(): Promise<string> {
  const { surfaces, close } = await openSurfaces();
  const rows = routeTable(surfaces);
  await close();
  const sections = Object.entries(PORTS).map(([port, title]) =>
    section(
      title,
      rows.filter((row) => row.port === port),
    ),
  );
  return `${INTRO}\n${sections.join('\n')}`;
}

function section(title: string, rows: readonly RouteRow[]): string {
  const shown = rows.filter((row) => !isTwin(row, rows)).map(line);
  const heads = ['', 'path', 'nobody', ...ROLES, ''];
  return `## ${title}\n\n| ${heads.join(' | ')} |\n|${heads.map(() => '---|').join('')}\n${shown.join('\n')}\n`;
}

const isTwin = ({ path, ...row }: RouteRow, rows: readonly RouteRow[]): boolean =>
  path.startsWith('/ajax-api/') &&
  rows.some((other) => other.path === path.replace('/ajax-api/', '/api/') && other.method === row.method && other.role === row.role);

function line({ method, path, role, isAudited }: RouteRow): string {
  const may = ROLES.map((each) => role === 'anyone' || ROLES.indexOf(each) >= ROLES.indexOf(role));
  const marks = [role === 'anyone', ...may].map((is) => (is ? '✓' : '–'));
  return `| ${method} | \`${path}\` | ${marks.join(' | ')} | ${isAudited ? 'audit' : ''} |`;
}
