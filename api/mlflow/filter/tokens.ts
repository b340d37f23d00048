import { invalidParameter } from '../faults.ts';

/** Pieces of a filter: reading so many takes a moment in which nobody else is answered. A body full of run ids in one IN has 60,000. */
const TOKENS_OF_FILTER = 100_000;

/** A piece of a filter. Its text is as it was sent, quotes included. */
export interface Token {
  readonly kind: 'string' | 'quoted' | 'backticked' | 'number' | 'comparator' | 'word' | 'other';
  readonly text: string;
  readonly at: number;
}

const QUOTES = { "'": 'string', '"': 'quoted', '`': 'backticked' } as const;
const SPACE = /\s+/y;
const WORD = /[\p{L}\p{N}\p{M}_][\p{L}\p{N}\p{M}_$#]*/uy;
const NUMBER = /-?(?:\d+\.\d*|\.\d+|\d+)(?:e[+-]?\d+)?(?![\p{L}\p{N}\p{M}_])/iuy;
const COMPARATOR = /[<>=~!]+/y;

/**
 * The pieces of a filter or an order, in time that grows with its length. What has no other kind is one character of kind `other`.
 * @throws MlflowFault where there are too many
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const space = matchAt(SPACE, text, at);
    if (space) at += space.length;
    else {
      const token = tokenAt(text, at, isAfterDot(tokens, at));
      if (tokens.push(token) > TOKENS_OF_FILTER)
        throw invalidParameter(`Invalid filter: it has more than ${TOKENS_OF_FILTER} words and signs`);
      at += token.text.length;
    }
  }
  return tokens;
}

function tokenAt(text: string, at: number, afterDot: boolean): Token {
  const quote = QUOTES[text[at] as keyof typeof QUOTES];
  const end = quote === undefined ? undefined : endOfQuoted(text, at);
  if (quote !== undefined && end !== undefined) return { kind: quote, text: text.slice(at, end), at };
  // After a dot digits begin a name, as in metrics.2x.
  const number = afterDot ? undefined : matchAt(NUMBER, text, at);
  if (number) return { kind: 'number', text: number, at };
  const word = matchAt(WORD, text, at);
  if (word) return { kind: 'word', text: word, at };
  const comparator = matchAt(COMPARATOR, text, at);
  if (comparator) return { kind: 'comparator', text: comparator, at };
  return { kind: 'other', text: String.fromCodePoint(text.codePointAt(at)!), at };
}

const isAfterDot = (tokens: readonly Token[], at: number) => {
  const last = tokens.at(-1);
  return last?.text === '.' && last.at + 1 === at;
};

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/**
 * A doubled quote, or one after a backslash, is within; where nothing closes after it, it closes.
 * @returns undefined where nothing closes at all
 */
function endOfQuoted(text: string, start: number): number | undefined {
  const quote = text[start];
  const escapes = quote !== '`';
  let lastInner: number | undefined;
  for (let at = start + 1; at < text.length; at += 1) {
    if (escapes && text[at] === '\\' && text[at + 1] === quote) {
      at += 1;
      lastInner = at + 1;
    } else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1;
      at += 1;
      lastInner = at;
    }
  }
  return lastInner;
}
