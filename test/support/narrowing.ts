import { statementsOf } from '../../platform/migrate.ts';

/** What an expanding migration may not do to what the release before has, and how it is known. */
const NARROWING: readonly (readonly [RegExp, string])[] = [
  [/\bdrop (table|column|view|materialized view|function|type|schema|sequence|trigger|index|constraint|default)\b/, 'takes away'],
  [/\brename\b/, 'renames'],
  [/\balter (column )?\w+ (set data )?type\b/, 'changes a type'],
  [/\bset not null\b/, 'asks for a value'],
  [/\badd (column )?\w+ [^,]*\bnot null\b(?![^,]*\b(default|generated)\b)/, 'asks for a value'],
  [/\badd (column )?\w+ [^,]*\b(generated|clock_timestamp\(|gen_random_uuid\(|random\()/, 'writes every row anew'],
  [/\badd (constraint|primary key|unique|check|foreign key)\b/, 'refuses rows'],
  [/^create unique index/, 'refuses rows'],
  [/^(truncate|delete from)\b/, 'removes rows'],
];
/** `-- beside: why the release before goes on all the same`, in the file. */
const REASON = /^-- beside: .{10,}$/m;

/** @returns what the release before would not go on with; nothing where the file says why it does */
export function narrowingOf(sql: string): string[] {
  if (REASON.test(sql)) return [];
  const withoutBodies = statementsOf(sql).replaceAll(/\$\$[\s\S]*?\$\$/g, "''");
  const statements = withoutBodies.split(';').map((text) => text.toLowerCase().replaceAll(/\s+/g, ' ').trim());
  const isOwn = madeHere(statements);
  return statements
    .filter((statement) => !isOwn(statement))
    .flatMap((statement) =>
      NARROWING.filter(([pattern]) => pattern.test(statement)).map(([, what]) => `${what}: ${statement.slice(0, 80)}`),
    );
}

/** Nobody has what the file itself makes. */
function madeHere(statements: readonly string[]): (statement: string) => boolean {
  const made = new Set(statements.flatMap((text) => /^create table (?:if not exists )?(\w+)/.exec(text)?.[1] ?? []));
  return (statement) => {
    const table = /^(?:alter table (?:only )?|create unique index \w+ on |delete from |truncate )(\w+)/.exec(statement)?.[1];
    return (table !== undefined && made.has(table)) || /^create (table|view|function|trigger|sequence|constraint trigger)/.test(statement);
  };
}
