import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { renderHistory, renderReport } from '../../../cli/renderFeatures.ts';
import { renderQuality, renderQualityList } from '../../../cli/renderQuality.ts';
import { renderLog, renderRunDetail, renderRuns } from '../../../cli/renderRun.ts';
import { renderSet, renderSets } from '../../../cli/renderSets.ts';
import { processTerminal, type Terminal } from '../../../cli/terminal.ts';
import { aRun, aRunDetail, aStep } from './runs.ts';

const AT = '2026-11-23T22:55:00.000Z';
const run = aRunDetail({ ...aRun(), created_at: AT, started_at: AT, steps: [aStep({ started_at: AT })] });
const line = { step: 's', subject: null, attempt: 1, line: 1, logged_at: AT, level: 'info', message: 'm', fields: {} };
const set = {
  name: 'ml',
  dataset: 'ml',
  format: 'csv',
  run_id: 'r',
  row_counts: {},
  newest_at: AT,
  digest: null,
  added_at: AT,
  published_at: AT,
};
const quality = { run_id: 'r', dataset: 'ml', passed: true, checked_at: AT, published_at: AT, row_counts: {}, failed_rules: [], rules: [] };
const version = { version: 1, applied_at: AT, applied_by: 'kim', changes: [], hash: 'ab' };
const report = { views: [{ view: 'v', rows: 1, computed_to: AT, features: [] }] };

const renderers: Record<string, (terminal: Terminal) => string> = {
  renderRuns: (terminal) => renderRuns(terminal, [run]),
  renderRunDetail: (terminal) => renderRunDetail(terminal, run, {} as never),
  renderLog: (terminal) => renderLog(terminal, [line]),
  renderSets: (terminal) => renderSets(terminal, [set as never]),
  renderSet: (terminal) => renderSet(terminal, set as never),
  renderQualityList: (terminal) => renderQualityList(terminal, [quality as never]),
  renderQuality: (terminal) => renderQuality(terminal, quality as never),
  renderHistory: (terminal) => renderHistory(terminal, [version]),
  renderReport: (terminal) => renderReport(terminal, report as never),
};
const silent = { out: () => undefined, err: () => undefined, live: false, colour: false, columns: 100 };

test.each(Object.entries(renderers))('%s shows times by the clocks of who reads, and says where those are', (_name, render) => {
  const inSeoul = render({ ...silent, timeZone: 'Asia/Seoul' });
  expect(inSeoul).toContain('2026-11-24 07:55:00');
  expect(inSeoul).toContain('(times in Asia/Seoul)');
  expect(inSeoul).not.toContain('22:55:00');
  const forProgram = render(silent);
  expect(forProgram).toContain('2026-11-23 22:55:00');
  expect(forProgram).not.toContain('times in');
});

test('every file that shows times says their zone', () => {
  const folder = path.join(import.meta.dirname, '../../../cli');
  const using = (call: string) => readdirSync(folder).filter((file) => readFileSync(path.join(folder, file), 'utf8').includes(call));
  expect(using('timeText(terminal')).toEqual(using('withZone(terminal'));
});

test('a terminal has the zone of its person, a pipe none', () => {
  const terminalOf = (isTTY: boolean) => processTerminal({ stdout: { isTTY }, stderr: {}, env: {} } as never);
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  expect([terminalOf(true).timeZone, terminalOf(false).timeZone]).toEqual([timeZone, undefined]);
});
