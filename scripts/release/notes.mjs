/** What users of a release notice, out of conventional commits: what breaks first, then features, faults mended, and what became faster. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HEADINGS = { feat: 'New', fix: 'Mended', perf: 'Faster' };
const BREAKS = /^BREAKING[ -]CHANGE: (.+)$/m;
const LINE = /^(?<type>[a-z]+)(?:\((?<subject>[a-z0-9-]+)\))?(?<breaks>!)?: (?<text>.+)$/;

/** @param {readonly string[]} messages of commits, newest first @returns {string} Markdown; empty where a user notices nothing */
export function notesOf(messages) {
  const commits = messages.flatMap((message) => {
    const said = LINE.exec(message.split('\n', 1)[0])?.groups;
    const [, breaks] = BREAKS.exec(message) ?? [];
    if (!said) return [];
    return [breaks === undefined ? said : { ...said, breaks: '!', text: breaks }];
  });
  const told = ({ subject, text }) => `- ${subject ? `**${subject}**: ` : ''}${text}`;
  const section = (heading, found) => (found.length === 0 ? [] : [`## ${heading}\n\n${found.map(told).join('\n')}\n`]);
  const breaking = section(
    'Breaks',
    commits.filter(({ breaks }) => breaks),
  );
  const rest = Object.entries(HEADINGS).flatMap(([type, heading]) =>
    section(
      heading,
      commits.filter((commit) => commit.type === type && !commit.breaks),
    ),
  );
  return [...breaking, ...rest].join('\n');
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [since, until = 'HEAD'] = process.argv.slice(2);
  if (!since) {
    console.error('scripts/release/notes.sh <since> [until]');
    process.exit(2);
  }
  try {
    const range = ['--end-of-options', `${since}..${until}`, '--'];
    const log = execFileSync('git', ['log', '--no-merges', '-z', '--format=%B', ...range], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    process.stdout.write(notesOf(log.split('\0')));
  } catch {
    process.exitCode = 2; // git has said why
  }
}
