/**
 * Looks for credentials in files, those that git tracks where none are named; with `--staged` in what the next commit would have. A line with `not a secret` is
 * passed over: examples and tests have some.
 */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** By the marks that providers give their keys, so that a match is one. */
const SECRETS = {
  'a private key': /-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----/,
  'a key of AWS': /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  'a token of GitHub': /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})/,
  'a token of GitLab': /\bglpat-[A-Za-z0-9_-]{20}/,
  'a token of npm': /\bnpm_[A-Za-z0-9]{36}\b/,
  'a token of PyPI': /\bpypi-AgEI[A-Za-z0-9_-]{50,}/,
  'a token of Slack': /\bxox[abprs]-[A-Za-z0-9-]{10,}|\bhooks\.slack\.com\/services\/T\w{8,12}\/B\w{8,12}\/\w{20}/,
  'a key of Google': /\bAIza[A-Za-z0-9_-]{35}\b/,
  'a key of Stripe': /\b[rs]k_live_[A-Za-z0-9]{20}/,
  'a key of a language model': /\b(?:sk-(?:ant|proj|svcacct)-[A-Za-z0-9_-]{32}|hf_[A-Za-z0-9]{34}\b)/,
  'a JSON Web Token': /(?<![\w-])eyJ[\w-]{10,60}\.eyJ/,
  'a key that is named so':
    /\b(?:aws_secret_access_key|aws_session_token|backup_key|erasure_key|kafka_sasl_password|mlops_api_key|temporal_api_key|tmdb_api_key|webhook_secret_key)["' ]{0,5}[:=]["' ]{0,5}(?=[A-Z/+_-]{0,40}\d)[A-Z0-9/+_-]{20}/i,
  'a password in an address':
    /:\/\/[\w.-]{0,40}:[^\s:@/$<>{}'"`…*]{8,80}@(?!localhost|127\.|(?:db|postgres|host)(?:[:/]|$)|[\w.-]{0,60}\bexample\b)[\w.-]/,
};
const LARGEST_BYTES = 2 ** 20;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const named = process.argv.slice(2);
const staged = named[0] === '--staged';

/** @type {(...args: string[]) => Buffer} */
const git = (...args) => execFileSync('git', args, { cwd: root, maxBuffer: 2 ** 28 });
const list = (...args) =>
  git(...args, '-z')
    .toString('utf8')
    .split('\0')
    .filter(Boolean);

function filesToRead() {
  if (staged) return list('diff', '--cached', '--name-only', '--diff-filter=ACMR');
  return named.length > 0 ? named : list('ls-files').map((file) => path.join(root, file));
}

/** @param {string} file @returns {Buffer | undefined} none of a link: what it leads to is looked at by itself; nor of what is tracked and gone */
function read(file) {
  if (staged) return git('show', `:${file}`);
  const stats = lstatSync(file, { throwIfNoEntry: named.length > 0 });
  return stats?.isFile() ? readFileSync(file) : undefined;
}

const files = filesToRead();
let found = 0;
for (const file of files) {
  const bytes = read(file);
  if (!bytes) continue;
  if (bytes.length > LARGEST_BYTES || bytes.includes(0)) continue; // data, pictures
  for (const [at, line] of bytes.toString('utf8').split('\n').entries()) {
    if (line.includes('not a secret')) continue;
    for (const [what, pattern] of Object.entries(SECRETS)) {
      if (!pattern.test(line)) continue;
      found += 1;
      console.error(`${named.length > 0 ? file : path.relative(root, file)}:${at + 1} has ${what}`);
    }
  }
}
if (found > 0) {
  console.error(`${found} found: take it out, and let whoever gave it out revoke it, since history keeps it.`);
  process.exitCode = 1;
} else console.log(`No credential was found in ${files.length} files.`);
