/**
 * `npm test`: sets up, then types, import rules, unused code, formatting and lint beside unit, replay, integration and end-to-end tests; the last line is
 * the plain count. `node test/run.mjs integration replay` runs those jest projects alone; flags go to jest.
 */
import { build } from '../deploy/local/setup/build.mjs';
import { setup } from '../deploy/local/setup/setup.mjs';
import { check, CONSOLE_TYPES, countChecks, FORMATTING, HOUSE_RULES, IMPORT_RULES, jest, LINT, TYPES, UNUSED } from './checks.mjs';

const projects = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));

async function tools() {
  await check('types', TYPES);
  await check("the console's types", CONSOLE_TYPES);
  await check('import rules', IMPORT_RULES);
  await check('unused code', UNUSED);
  await check('formatting', [...FORMATTING, '.']);
  await check('lint', LINT);
  await check('house rules', [...HOUSE_RULES, '.']);
}

await countChecks(async () => {
  const without = await setup({ test: true });
  if (projects.join() !== 'unit') await build();
  if (projects.length > 0) await jest('--selectProjects', ...projects, ...flags);
  else await Promise.all([tools(), jest(...flags)]);
  return without;
});
