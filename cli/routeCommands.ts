import type { Command } from 'commander';
import type { z } from 'zod';
import type { routes as described } from '../contracts/endpoints/routes.ts';
import type { RouteChange, ServedRoute } from '../contracts/routes.ts';
import { collect } from './collect.ts';
import { Unusable } from './failure.ts';
import { timeText, withZone } from './format.ts';
import { readJson } from './readJson.ts';
import type { Outcome, Perform, Session } from './session.ts';
import { heads, table, type Terminal } from './terminal.ts';

const ROUTE = 'name of the route, such as default';
const WHY = 'why; kept in the history of the route';

/** `routes`: which models answer, for whom. */
export function addRouteCommands(program: Command, perform: Perform): void {
  const routes = program.command('routes').description('Which models answer, for whom: list, set, undo');
  routes
    .command('list')
    .description('List the routes with their variants, the share of users of each, and the models that each asks')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.routes.list();
        return { json: answer, text: renderRoutes(terminal, answer.routes) };
      }),
    );
  addSet(routes, perform);
  routes
    .command('history')
    .description('Every change of a route, newest first: what, who, when and why')
    .argument('<route>', ROUTE)
    .option('--limit <n>', 'how many at most', '100')
    .action((route: string, { limit }: { limit: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.routes.history({ params: { route }, query: { limit } });
        return { json: answer, text: renderChanges(terminal, answer.changes) };
      }),
    );
  routes
    .command('undo')
    .description('Put a route back as it was before its last change; once more goes one change further back')
    .argument('<route>', ROUTE)
    .option('--to <revision>', 'the revision to go back to; 0 is before the first')
    .option('--reason <text>', WHY)
    .action((route: string, { to, reason }: { to?: string; reason?: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const body = { ...(to !== undefined && { to: Number(to) }), ...(reason && { reason }) };
        const undone = await api.routes.undo({ params: { route }, body });
        return {
          json: undone,
          text: undone ? renderRoutes(terminal, [undone]) : `There is no route ${route} now, as there was none then.`,
        };
      }),
    );
  routes
    .command('remove')
    .description('Take a route away; default and legacy are then as built in')
    .argument('<route>', ROUTE)
    .option('--reason <text>', WHY)
    .action((route: string, { reason }: { reason?: string }, command: Command) =>
      perform(command, async ({ api }) => ({
        json: await api.routes.remove({ params: { route }, query: { reason } }),
        text: `${route} is gone, or as built in.`,
      })),
    );
}

interface SetOptions {
  readonly variant?: string[];
  readonly shadow?: string[];
  readonly salt?: string;
  readonly file?: string;
  readonly reason?: string;
  readonly ifRevision?: string;
}

function addSet(routes: Command, perform: Perform): void {
  routes
    .command('set')
    .description('Make a route as given, or all routes of a file; the model server takes them up within two seconds')
    .argument('[route]', `${ROUTE}; none where --file has them`)
    .option(
      '--variant <spec>',
      'NAME[=WEIGHT]:MODEL[,MODEL…][+diversity=SHARE][+exploration=SHARE], such as new=10:ease@challenger or old=90:ials/3+diversity=0.3; may be given several times',
      collect,
    )
    .option('--shadow <spec>', 'NAME:MODEL[,MODEL…]: asked and written down, never shown; may be given several times', collect)
    .option('--salt <text>', 'another one deals the users out anew')
    .option('--file <file>', 'JSON: an object with a route by each name, as {"variants":[{"name","weight","models"}],"shadows":[…]}')
    .option('--if-revision <n>', 'refuse where the route has another revision by now')
    .option('--reason <text>', WHY)
    .action((route: string | undefined, options: SetOptions, command: Command) =>
      perform(command, (session) =>
        options.file === undefined ? setOne(session, route, options) : setAll(session, options.file, options),
      ),
    );
}

async function setOne({ api, terminal }: Session, route: string | undefined, options: SetOptions): Promise<Outcome> {
  const { variant = [], shadow = [], salt, reason, ifRevision } = options;
  if (route === undefined || variant.length === 0) throw new Unusable('name a route and at least one --variant, or a --file');
  const body = {
    variants: variant.map((text) => readVariant('--variant', text)),
    shadows: shadow.map((text) => readVariant('--shadow', text)),
    ...(salt !== undefined && { salt }),
    ...(reason !== undefined && { reason }),
    ...(ifRevision !== undefined && { if_revision: Number(ifRevision) }),
  };
  const set = await api.routes.set({ params: { route }, body });
  return { json: set, text: renderRoutes(terminal, [set]) };
}

async function setAll({ api, terminal }: Session, file: string, { reason }: SetOptions): Promise<Outcome> {
  // As a person wrote it; the API says what is wrong with it.
  const routes = (await readJson(file)) as z.input<typeof described.setAll.body>['routes'];
  const answer = await api.routes.setAll({ body: { routes, ...(reason !== undefined && { reason }) } });
  return { json: answer, text: renderRoutes(terminal, answer.routes) };
}

const VARIANT = /^([^=:]+)(?:=([^:]+))?:(.+)$/;

function readVariant(option: '--variant' | '--shadow', text: string) {
  const [, name, weight, models] = VARIANT.exec(text) ?? [];
  if (name === undefined || models === undefined || (option === '--shadow' && weight !== undefined))
    throw new Unusable(`${option} ${text} is not ${option === '--variant' ? 'NAME[=WEIGHT]' : 'NAME'}:MODEL[,MODEL…]`);
  const [refs = '', ...knobs] = models.split('+');
  return { name, ...(weight !== undefined && { weight: numberOf(option, weight) }), models: refs.split(','), ...readKnobs(option, knobs) };
}

function readKnobs(option: string, given: readonly string[]): Knobs {
  return Object.fromEntries(
    given.map((text) => {
      const [, knob, share] = /^(diversity|exploration)=(.+)$/.exec(text) ?? [];
      if (knob === undefined || share === undefined)
        throw new Unusable(`${option}: +${text} is neither +diversity=SHARE nor +exploration=SHARE`);
      return [knob, numberOf(option, share)];
    }),
  );
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new Unusable(`${option}: ${text} is no number`);
  return number;
}

interface Knobs {
  readonly diversity?: number | undefined;
  readonly exploration?: number | undefined;
}

/** As `--variant` takes it. */
const askedText = ({ models, diversity, exploration }: Knobs & { readonly models: readonly string[] }, between: string): string =>
  [
    models.join(between),
    ...Object.entries({ diversity, exploration }).flatMap(([knob, share]) => (share ? [`${knob}=${share}`] : [])),
  ].join('+');

function renderRoutes(terminal: Terminal, routes: readonly ServedRoute[]): string {
  const rows = routes.flatMap(({ route, revision, variants, shadows, changed_by, reason }) => {
    const sum = variants.reduce((total, { weight }) => total + weight, 0);
    const lines = [
      ...variants.map((variant) => [variant.name, `${((100 * variant.weight) / sum).toFixed(1)} %`, askedText(variant, ', ')]),
      ...shadows.map((shadow) => [shadow.name, 'shadow', askedText(shadow, ', ')]),
    ];
    return lines.map((line, at) =>
      at === 0 ? [route, String(revision), ...line, changed_by ?? 'built in', reason] : ['', '', ...line, '', ''],
    );
  });
  return table(terminal, heads('ROUTE', 'REVISION', 'VARIANT', 'USERS', 'MODELS', 'BY', 'WHY'), rows);
}

function renderChanges(terminal: Terminal, changes: readonly RouteChange[]): string {
  if (changes.length === 0) return 'Nobody has changed it: it is as built in.';
  const rows = changes.map(({ revision, changed_at, spec, restores, changed_by, reason }) => [
    String(revision),
    timeText(terminal, changed_at),
    `${restores === null ? '' : `back to ${restores}: `}${
      spec ? spec.variants.map((variant) => `${variant.name}=${variant.weight}:${askedText(variant, ',')}`).join(' ') : 'taken away'
    }`,
    changed_by,
    reason,
  ]);
  return withZone(terminal, table(terminal, heads('REVISION', 'WHEN', 'WHAT', 'BY', 'WHY'), rows));
}
