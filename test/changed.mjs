/**
 * `npm run test:changed [-- <commit>]`: what the changes since the commit can touch, in less than a minute: types, import rules and unused code of all,
 * formatting and lint of the changed files, and the tests nearest to them. Without a commit: since the branch left `main`, with what is not committed.
 */
import { existsSync } from 'node:fs';
import { build } from '../deploy/local/setup/build.mjs';
import { setup } from '../deploy/local/setup/setup.mjs';
import { check, CONSOLE_TYPES, countChecks, FORMATTING, HOUSE_RULES, IMPORT_RULES, jest, LINT, TYPES, UNUSED } from './checks.mjs';
import { choose, CODE, git, testsNear } from './support/nearTests.mjs';

function defaultBase() {
  for (const main of ['main', 'origin/main']) {
    try {
      return git('merge-base', 'HEAD', main)[0];
    } catch {
      // This clone has no such branch.
    }
  }
  return 'HEAD';
}

const changedSince = (base) => [...new Set([...git('diff', '--name-only', base), ...git('ls-files', '--others', '--exclude-standard')])];

await countChecks(async () => {
  const base = process.argv[2] ?? defaultBase();
  const changed = changedSince(base);
  if (changed.length === 0) return [`Nothing has changed since ${base}`];
  const { chosen, left } = choose(testsNear(changed));
  const present = changed.filter((file) => existsSync(file));
  const code = present.filter((file) => CODE.test(file));
  console.log(`${changed.length} files have changed since ${base}; ${chosen.length} test files are nearest to them`);
  if (left > 0) console.log(`${left} more can be touched by them and are left to npm test`);
  const tools = async () => {
    await check('types', TYPES);
    await check("the console's types", CONSOLE_TYPES);
    await check('import rules', IMPORT_RULES);
    await check('unused code', UNUSED);
    if (present.length > 0) await check('formatting', [...FORMATTING, '--ignore-unknown', ...present]);
    if (code.length > 0) await check('lint', [...LINT, '--no-error-on-unmatched-pattern', ...code]);
    if (code.length > 0) await check('house rules', [...HOUSE_RULES, '--no-warn-ignored', ...code]);
  };
  const tests = async () => {
    if (chosen.length === 0) return [];
    const needsEngines = chosen.some((file) => !file.startsWith('test/unit'));
    const without = needsEngines ? await setup({ test: true }) : [];
    if (needsEngines) await build();
    await jest('--runTestsByPath', ...chosen);
    return without;
  };
  const [, without] = await Promise.all([tools(), tests()]);
  return without;
});
