/** Looks at the licence of each package of a lock file of npm's. */
import { readFileSync } from 'node:fs';

/** None of them asks whoever gives the product on to give their own sources with it. */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
  'Zlib',
];
/** Of a file that is changed, its source goes with it; what only tests use is not given on at all. */
const ALLOWED_FOR_TESTS = ['MPL-2.0'];
/** Its package does not say; its repository does. */
const SAID_ELSEWHERE = { unionfs: 'Unlicense' };

/** @param {string} expression of SPDX: of "A OR B" one has to be allowed, of "A AND B" both; what stands in parentheses counts first */
function isAllowed(expression) {
  const inner = /\(([^()]*)\)/.exec(expression);
  if (inner) return isAllowed(expression.replace(inner[0], isAllowed(inner[1]) ? ALLOWED[0] : 'refused'));
  return expression.split(' OR ').some((way) => way.split(' AND ').every((licence) => ALLOWED.includes(licence.trim())));
}

const [file] = process.argv.slice(2);
const { packages } = JSON.parse(readFileSync(file, 'utf8'));
const all = Object.entries(packages).filter(([place]) => place !== '');
const refused = all.flatMap(([place, { license, dev }]) => {
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const licence = license ?? SAID_ELSEWHERE[name];
  const isFit = licence !== undefined && (isAllowed(licence) || (dev === true && ALLOWED_FOR_TESTS.includes(licence)));
  return isFit ? [] : [`${name}: ${licence ?? 'says none'}`];
});
if (refused.length > 0) {
  console.error(`Packages whose licence is not among ${ALLOWED.join(', ')}:\n  ${refused.join('\n  ')}`);
  process.exitCode = 1;
} else console.log(`All ${all.length} packages may be given on.`);
