/** What `scripts/security/scan.sh` looks for: uses of Node that let somebody else's input run, be believed, or hold the process up. */
import security from 'eslint-plugin-security';
import redos from 'eslint-plugin-redos';
import tseslint from 'typescript-eslint';

const FORGEABLE = {
  selector:
    'CallExpression:matches([callee.name="createHash"], [callee.property.name="createHash"]) > Literal.arguments[value=/^(md5|sha1)$/i]',
  message: 'It can be forged; SHA-256 cannot.',
};
const UNSAFE = [
  { selector: 'NewExpression[callee.name="Function"]', message: 'A text becomes a program.' },
  { selector: 'CallExpression[callee.object.name="vm"]', message: 'node:vm is no sandbox.' },
  {
    selector: 'Property[key.name="rejectUnauthorized"] > Literal.value[value=false]',
    message: 'Whoever stands between is believed: give the authority (NODE_EXTRA_CA_CERTS, sslrootcert).',
  },
  {
    selector:
      'AssignmentExpression > MemberExpression:matches([property.name="NODE_TLS_REJECT_UNAUTHORIZED"], [property.value="NODE_TLS_REJECT_UNAUTHORIZED"])',
    message: 'Whoever stands between is believed, by every connection of the process.',
  },
  { selector: 'Property[key.name="shell"] > Literal.value[value=true]', message: 'What a shell reads, an argument can write.' },
  {
    selector: 'CallExpression:matches([callee.name="execSync"], [callee.property.name="execSync"]) > :not(Literal).arguments:first-child',
    message: 'What a shell reads, an argument can write.',
  },
  { selector: 'AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]', message: 'What is shown is run: set textContent.' },
  { selector: 'CallExpression[callee.property.name="insertAdjacentHTML"]', message: 'What is shown is run: set textContent.' },
  { selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]', message: 'What is shown is run: give it as a child.' },
];

export default [
  { ignores: ['bench/', 'coverage/', 'dist/', 'docs/', 'models/', 'node_modules/', 'test/', '.mlops/'] },
  {
    files: ['**/*.{ts,tsx,mjs,cjs,js}'],
    languageOptions: { parser: tseslint.parser },
    linterOptions: { reportUnusedDisableDirectives: 'off' }, // those of `npm run lint` stand there too
    plugins: { security, redos, '@typescript-eslint': tseslint.plugin },
    rules: {
      'security/detect-bidi-characters': 'error',
      'security/detect-buffer-noassert': 'error',
      'security/detect-child-process': 'error',
      'security/detect-disable-mustache-escape': 'error',
      'security/detect-eval-with-expression': 'error',
      'security/detect-new-buffer': 'error',
      'security/detect-non-literal-require': 'error',
      'security/detect-pseudoRandomBytes': 'error',
      'redos/no-vulnerable': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-syntax': ['error', ...UNSAFE, FORGEABLE],
    },
  },
  {
    files: ['domain/imports/staging/staging.ts', 'platform/redis.ts'], // names of tables, and of scripts as Redis gives them: nothing is proved by them
    rules: { 'no-restricted-syntax': ['error', ...UNSAFE] },
  },
];
