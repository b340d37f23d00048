import { InvalidArgumentError, Option, type Command } from 'commander';
import path from 'node:path';
import { readColumnMap } from '../contracts/columnMap.ts';
import { LOG_FIELDS, SET_FORMATS, TITLE_FIELDS, VALUE_SCALES } from '../contracts/dataImport.ts';
import type { PreviewInput } from '../contracts/importPreview.ts';
import { TITLE_RULES, type TitleRule } from '../contracts/titleMatches.ts';
import { EXIT } from './failure.ts';
import { given } from './modelSettings.ts';
import { renderPreview } from './renderPreview.ts';
import { renderMatches, renderSet, renderSets } from './renderSets.ts';
import { renderQuality, renderQualityList } from './renderQuality.ts';
import { runParamsOf } from './runParamsOf.ts';
import type { Perform } from './session.ts';
import { startRun, withStartOptions, type StartOptions } from './startRun.ts';

interface ImportOptions extends StartOptions {
  readonly format?: string;
  readonly encoding?: string;
  readonly name?: string;
  readonly map?: Readonly<Record<string, string>>;
  readonly scale?: string;
  readonly titles?: string;
  readonly titlesMap?: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
}

const columnsOf = (fields: readonly string[]) => (text: string) => {
  try {
    return readColumnMap(text, fields);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};

/** `data import`, `data sets`, `data matches` and `data quality`: sets of ratings, and what was found in them. */
export function addDataCommands(program: Command, perform: Perform): void {
  const data = program.command('data').description('Import data, see what the quality rules found in it, and remove it');

  const importing = data
    .command('import')
    .description("Import a MovieLens set, or a log of your own users' choices; the same set again changes nothing")
    .argument('<set>', 'folder, zip, http(s) address of a zip, or CSV, TSV, JSON Lines or Parquet file, as the control worker reaches it')
    .option('--format <name>', `auto, ${SET_FORMATS.join(', ')} (csv: small, 20M and later; dat: 1M, 10M; tab: 100K; atomic: RecBole's)`)
    .option('--encoding <name>', 'of the titles, and of an own log, such as windows-1251; UTF-8 or Windows-1252, as found, when missing')
    .option('--name <name>', "the set's name, which its users' ids carry; made from the path when missing")
    .option('--map <columns>', 'of an own log: user=customer,item=sku,value=stars,time=ts; guessed when missing', columnsOf(LOG_FIELDS))
    .addOption(new Option('--scale <name>', "of an own log's values; guessed when missing").choices(VALUE_SCALES))
    .option('--titles <file>', 'of an own log: titles of its items, and any further columns')
    .option('--titles-map <columns>', 'item=sku,title=name,year=year,genres=category; guessed when missing', columnsOf(TITLE_FIELDS))
    .option('--dry-run', 'of an own log: show how it would be read, and change nothing');
  withStartOptions(importing).action((set: string, { format, encoding, name, ...options }: ImportOptions, command: Command) =>
    perform(command, async (session) => {
      const { map, scale, titles, titlesMap, dryRun = false, ...startOptions } = options;
      const own = { map, scale, titles: titles === undefined ? undefined : placeOf(titles), titles_map: titlesMap };
      const input = given({ path: placeOf(set), name, encoding, ...own });
      if (!dryRun) return startRun(session, startOptions, { workflow: 'dataImport', input: given({ ...input, format }) });
      const preview = await session.api.dataSets.preview({ body: input as PreviewInput });
      return { json: preview, text: renderPreview(session.terminal, preview), ...(preview.problem !== null && { exitCode: EXIT.failed }) };
    }),
  );

  addSetCommands(data, perform);
  addMatchCommands(data, perform);
  data
    .command('quality')
    .description('Show what the quality rules found: in the data of a run, or in that of the latest runs')
    .argument('[run]', 'id of the run, such as import/2026-11-23-a1')
    .option('--dataset <name>', 'runs of this data alone, such as ml-1m')
    .option('--limit <n>', 'at most so many')
    .action((run: string | undefined, { dataset, limit }: Record<string, string>, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        if (run !== undefined) {
          const report = await api.quality.get({ params: runParamsOf(run) });
          return { json: report, text: renderQuality(terminal, report) };
        }
        const page = await api.quality.list({ query: { dataset, limit } });
        return { json: page, text: renderQualityList(terminal, page.reports) };
      }),
    );
}

function addSetCommands(data: Command, perform: Perform): void {
  const NAME = 'name of the set; `mlops data sets list` shows them';
  const sets = data.command('sets').description('List, show and remove the sets of ratings that are here');
  sets
    .command('list')
    .description('List the sets with what they brought')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.dataSets.list();
        return { json: answer, text: renderSets(terminal, answer.sets) };
      }),
    );
  sets
    .command('show')
    .description('Show a set: what it brought, when, and by which run')
    .argument('<set>', NAME)
    .action((set: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const found = await api.dataSets.get({ params: { set } });
        return { json: found, text: renderSet(terminal, found) };
      }),
    );
  sets
    .command('remove')
    .description('Remove a set: its ratings, its users, and the movies that it alone had brought')
    .argument('<set>', NAME)
    .action((set: string, _options: unknown, command: Command) =>
      perform(command, async ({ api }) => {
        const removed = await api.dataSets.remove({ params: { set } });
        const { ratings, users, movies } = removed;
        return { json: removed, text: `${set} is gone: ${ratings} ratings, ${users} users, ${movies} movies.` };
      }),
    );
}

function addMatchCommands(data: Command, perform: Perform): void {
  const matches = data.command('matches').description('Show which movies of the catalogue those of MovieLens 100K are, and decide it');
  matches
    .command('list')
    .description('List the matches with the rule that each was found by')
    .option('--by <rule>', `found by this rule alone: ${TITLE_RULES.join(', ')}`)
    .action(({ by }: { by?: TitleRule }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.titleMatches.list({ query: { matched_by: by } });
        return { json: answer, text: renderMatches(terminal, answer.matches) };
      }),
    );
  matches
    .command('decide')
    .description('Decide which movie one of 100K is: another of the catalogue, or none')
    .argument('<id>', "the movie's id in 100K")
    .argument('<movie>', 'id in the catalogue, or `none` to undo a match')
    .action((id: string, movie: string, _options: unknown, command: Command) =>
      perform(command, async ({ api }) => {
        const body = { movie_id: movie === 'none' ? null : movie };
        const decided = await api.titleMatches.decide({ params: { external_id: id }, body });
        return { json: decided, text: `${id} is ${decided.movie_id ?? 'a movie of its own'}. ${decided.note}.` };
      }),
    );
}

/** The worker runs in another folder. */
const placeOf = (set: string) => (/^https?:\/\//i.test(set) ? set : path.resolve(set));
