/** Bundles the console, the web page of the API process: `console/` to `dist/console/`. */
import { readFile, writeFile, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/**
 * @param root the repository
 * @param outdir where `index.html` and `assets/` come to lie, each asset with its hash in its name and as `.gz` beside
 * @param contracts the modules `contracts/endpoints/index`, `contracts/workflows` and `contracts/models`
 * @throws SetupError or esbuild's own error with what cannot be bundled
 */
export async function buildConsole({ root, outdir, contracts }) {
  const { build } = await import('esbuild');
  const assets = path.join(outdir, 'assets');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['console/main.tsx', 'console/style.css', 'console/icon.svg'],
    outdir: assets,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    metafile: true,
    loader: { '.svg': 'copy' },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
    define: {
      ENDPOINTS: JSON.stringify(endpointsOf(contracts.ENDPOINTS)),
      WORKFLOWS: JSON.stringify(workflowsOf(contracts)),
      JUDGED_BY: JSON.stringify(judgedBy(contracts)),
      PANELS: JSON.stringify(panelsOf(JSON.parse(await readFile(path.join(root, ...OVERVIEW), 'utf8')))),
    },
  });
  const names = Object.fromEntries(
    Object.entries(metafile.outputs).flatMap(([file, { entryPoint }]) =>
      entryPoint ? [[path.basename(entryPoint), path.basename(file)]] : [],
    ),
  );
  const page = await readFile(path.join(root, 'console', 'index.html'), 'utf8');
  const filled = page.replace(/\{\{([^{}]+)\}\}/g, (_place, name) => names[name]);
  await mkdir(outdir, { recursive: true });
  await writeFile(path.join(outdir, 'index.html'), filled.replace('<script', `${preloadsOf(metafile)}$&`));
  await compress(assets);
}

/** What the first script imports is asked for beside it rather than after it. */
function preloadsOf({ outputs }) {
  const isFirst = ([, { entryPoint }]) => entryPoint === 'console/main.tsx';
  const importedBy = (file) =>
    outputs[file].imports.flatMap(({ kind, path: imported }) => (kind === 'import-statement' ? [imported, ...importedBy(imported)] : []));
  const [first] = Object.entries(outputs).find(isFirst);
  return [...new Set(importedBy(first))]
    .map((file) => `<link rel="modulepreload" href="/console/assets/${path.basename(file)}" />\n    `)
    .join('');
}

export const OVERVIEW = ['deploy', 'grafana', 'dashboards', 'mlops-overview.json'];

/** What the panels of the overview ask, by the headings that they stand under. */
export function panelsOf({ panels }) {
  let row = '';
  return panels.flatMap(({ type, title, description, targets, fieldConfig }) => {
    if (type === 'row') row = title;
    if (type === 'row') return [];
    const { unit, thresholds } = fieldConfig.defaults;
    const bounds = Object.fromEntries((thresholds?.steps ?? []).flatMap(({ color, value }) => (value === null ? [] : [[color, value]])));
    return [
      { row, kind: type, title, description, unit, ...bounds, queries: targets.map(({ expr, legendFormat }) => [expr, legendFormat]) },
    ];
  });
}

/** Where each endpoint is called; its schemas alone would take twice the page's budget. */
const endpointsOf = (endpoints) =>
  Object.fromEntries(
    Object.entries(endpoints).map(([subject, calls]) => [
      subject,
      Object.fromEntries(Object.entries(calls).map(([name, { method, path: at }]) => [name, { method, path: at }])),
    ]),
  );

/** The metric that the models of each name are judged by. */
const judgedBy = ({ PRIMARY_METRIC }) => Object.fromEntries(Object.entries(PRIMARY_METRIC).map(([name, metric]) => [name, metric.name]));

/** The steps of each workflow that has runs of its own, those of its parts among them where they come. */
const workflowsOf = ({ WORKFLOWS, stepOf }) =>
  Object.entries(WORKFLOWS).flatMap(([name, { prefix, steps, children }]) => {
    if (prefix === null) return [];
    const parts = children.filter(({ workflow }) => WORKFLOWS[workflow]?.prefix === null);
    const ofParts = (after) =>
      parts.filter((child) => child.after === after).flatMap((child) => drawn(WORKFLOWS[child.workflow].steps, stepOf, true));
    return [
      {
        name,
        prefix,
        steps: [...ofParts(null), ...Object.entries(steps).flatMap((step) => [...drawn([step], stepOf), ...ofParts(step[0])])],
      },
    ];
  });

const drawn = (steps, stepOf, ofMany = false) =>
  (Array.isArray(steps) ? steps : Object.entries(steps)).map(([activity, { isMany, onlyWhen }]) => ({
    step: stepOf(activity),
    isMany: ofMany || Boolean(isMany),
    isOfPart: ofMany,
    isRare: onlyWhen !== undefined,
  }));

async function compress(folder) {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    await writeFile(`${file}.gz`, await promisify(gzip)(await readFile(file), { level: 9 }));
  }
}
