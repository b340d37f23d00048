import Table from 'cli-table3';

/** Where a command writes, and what the place can show. Results go to `out`, progress and errors to `err`, so that a pipe gets results alone. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** A person watches `err`: a line may be redrawn. */
  readonly live: boolean;
  /** `out` shows colours. */
  readonly colour: boolean;
  readonly columns: number;
  /** Of the person who reads `out`; missing where a program does, which is told UTC. */
  readonly timeZone?: string | undefined;
}

/** The terminal of this process. NO_COLOR is the convention of https://no-color.org. */
export const processTerminal = ({ stdout, stderr, env }: NodeJS.Process): Terminal => ({
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  live: stderr.isTTY,
  colour: stdout.isTTY && !env['NO_COLOR'],
  columns: stderr.columns ?? 100,
  timeZone: stdout.isTTY ? new Intl.DateTimeFormat().resolvedOptions().timeZone : undefined,
});

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof CODES;

export const paint = (terminal: Terminal, colour: Colour | undefined, text: string): string =>
  terminal.colour && colour && text ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
}

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid', 'mid', 'mid-mid']
    .concat(['right', 'right-mid'])
    .map((name) => [name, '']),
);

/** Columns of text with these heads. */
export const heads = (...names: readonly string[]) => names.map((head) => ({ head }));

/** Columns under their heads without lines, so that a table is read by people and by `awk` alike. */
export function table(terminal: Terminal, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const grid = new Table({
    head: columns.map(({ head }) => paint(terminal, 'bold', head)),
    colAligns: columns.map(({ align = 'left' }) => align),
    chars: { ...NO_LINES, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  grid.push(...rows.map((cells) => cells.map(unbroken)));
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

export const unbroken = (text: string): string => text.replace(/(?<!\s)\s*\n\s*/g, ' ');
