/**
 * Trains and evaluates models on the committed sample, by this working tree and by an earlier commit, with the same seeds; prints the figures as
 * Markdown, and ends with 1 where a model became worse than another seed explains, with 2 where there is no such commit.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { judge, report } from './judge.mjs';

const METRICS = ['ndcg_at_10', 'hr_at_10', 'full_ndcg_at_10'];
const SEEDS = [1, 2, 3];
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const [commit, kinds = 'ease,ials,item_knn'] = process.argv.slice(2);

/** @type {(tree: string, program: string, ...args: string[]) => string} */
const run = (tree, program, ...args) =>
  execFileSync(program, args, { cwd: tree, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 });

/** @type {(tree: string) => import('./judge.mjs').Figures} */
function evaluate(tree) {
  const figures = {};
  for (const seed of SEEDS) {
    const data = path.join(root, 'data', 'movielens-small');
    const args = ['evaluate', '--data', data, '--models', kinds, '--seed', String(seed), '--json'];
    const { models } = JSON.parse(run(tree, process.execPath, path.join('cli', 'mlops.mjs'), ...args));
    for (const { kind, metrics } of models) for (const metric of METRICS) ((figures[kind] ??= {})[metric] ??= []).push(metrics[metric]);
  }
  return figures;
}

/** The earlier commit as it was, with its own dependencies, built. @type {(tree: string) => void} */
function build(tree) {
  for (const step of ['setup', 'build']) run(tree, process.execPath, path.join('deploy', 'local', 'setup', `${step}.mjs`));
}

if (!commit) {
  console.error('scripts/ml/compare.sh <commit> [kinds, comma separated]');
  process.exit(2);
}
try {
  run(root, 'git', 'rev-parse', '--quiet', '--verify', '--end-of-options', `${commit}^{commit}`);
} catch {
  console.error(`There is no commit ${commit} here to compare with`);
  process.exit(2);
}
const folder = mkdtempSync(path.join(tmpdir(), 'ml compare '));
const before = path.join(folder, 'before');
try {
  run(root, 'git', 'worktree', 'add', '--quiet', '--detach', before, commit);
  build(before);
  build(root);
  const rows = judge(evaluate(before), evaluate(root));
  console.log(`Seeds ${SEEDS.join(', ')} on the sample of MovieLens; the noise is what other seeds give.\n\n${report(rows)}`);
  if (rows.some(({ isWorse }) => isWorse)) process.exitCode = 1;
} finally {
  run(root, 'git', 'worktree', 'remove', '--force', before);
  rmSync(folder, { recursive: true, force: true });
}
