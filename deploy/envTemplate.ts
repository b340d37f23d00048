import { describeEnvironment } from '../platform/config.ts';

const HEAD = `# Settings of movie-mlops. Copy to .env and uncomment what you change; a variable of the process wins over this file.
# Made by \`npm run env-template\` from the schema in platform/config.ts.
`;

/** The text of `.env.template`: every variable with its purpose, commented out at its default. */
export const envTemplate = (): string =>
  [HEAD, ...describeEnvironment().map(({ name, purpose, fallback }) => `# ${purpose}\n#${name}=${quoted(fallback)}\n`)].join('\n');

/** `#` and spaces would end or split an unquoted value. */
const quoted = (value: string) => (/[\s#]/.test(value) ? `"${value}"` : value);
