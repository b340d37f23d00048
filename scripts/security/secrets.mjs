/** Looks for credentials in files, those that git tracks where none are named. A line with `not a secret` is passed over: examples and tests have some. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';

/** By the marks that providers give their keys, so that a match is one. */
const SECRETS = {
  'a private key': /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/,
  'a key of AWS': /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  'a token of GitHub': /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})/,
  'a token of npm': /\bnpm_[A-Za-z0-9]{36}\b/,
  'a token of PyPI': /\bpypi-AgEI[A-Za-z0-9_-]{50,}/,
  'a token of Slack': /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  'a key of Google': /\bAIza[A-Za-z0-9_-]{35}\b/,
  'a JSON Web Token': /(?<![\w-])eyJ[\w-]{10,60}\.eyJ/,
  'a key that is named so': /\b(?:TMDB_API_KEY|MLOPS_API_KEY|AWS_SECRET_ACCESS_KEY|WEBHOOK_SECRET_KEY)=["']?[A-Za-z0-9+/_-]{20,}/,
};
const LARGEST_BYTES = 2 ** 20;

const named = process.argv.slice(2);
const files = named.length > 0 ? named : execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean);
let found = 0;
for (const file of files) {
  if (!lstatSync(file).isFile()) continue; // a link: what it leads to is looked at by itself
  const bytes = readFileSync(file);
  if (bytes.length > LARGEST_BYTES || bytes.includes(0)) continue; // data, pictures
  for (const [at, line] of bytes.toString('utf8').split('\n').entries()) {
    if (line.includes('not a secret')) continue;
    for (const [what, pattern] of Object.entries(SECRETS)) {
      if (!pattern.test(line)) continue;
      found += 1;
      console.error(`${file}:${at + 1} has ${what}`);
    }
  }
}
if (found > 0) {
  console.error(`${found} found: take it out, and let whoever gave it out revoke it, since history keeps it.`);
  process.exitCode = 1;
} else console.log(`No credential was found in ${files.length} files.`);
