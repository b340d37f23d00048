/** The house's own rules, which look at syntax alone; those of the language, which know types, are in .oxlintrc.json. */
import tseslint from 'typescript-eslint';

const HOOK = /^(test|it|beforeAll|beforeEach|afterAll|afterEach)$/;
const PATIENCE = 'One bound for all: test/support/jest/patience.ts. A shorter one is missed on a busy machine.';
const NOW = '[callee.object.arguments.0.left.callee.property.name="now"]';
/** What makes a test depend on how busy the machine is. */
const LUCK = [
  { selector: 'CallExpression[callee.object.name="jest"][callee.property.name="setTimeout"]', message: PATIENCE },
  { selector: `CallExpression[callee.name=${HOOK}][arguments.1] > Literal.arguments[raw=/000$/]`, message: PATIENCE },
  { selector: `CallExpression[callee.name=${HOOK}][arguments.1] > Identifier.arguments[name=/_MS$/]`, message: PATIENCE },
  { selector: 'CallExpression[callee.callee.property.name="each"] > Literal.arguments[raw=/000$/]', message: PATIENCE },
  {
    selector: `CallExpression[callee.property.name=/^toBeLessThan/][arguments.0.type="Literal"]${NOW}`,
    message: 'Time on the wall has a bound by busyBound() of test/support/busyBound.ts.',
  },
  {
    selector: 'AwaitExpression > NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"]',
    message: 'Wait for a condition: waitFor() of test/support/waitFor.ts.',
  },
  {
    selector: 'CallExpression[callee.name="once"][arguments.0.name=/socket/i][arguments.1.value="close"]',
    message: 'A reset closes too, and rejects this: whenClosed() of test/support/whenClosed.ts.',
  },
];

/** A machine may lack these programs; its tests are then skipped, and not failed. */
const OPTIONAL_PROGRAMS = {
  selector:
    'CallExpression[callee.name=/^(startTestRedis|startPgBouncer|locateRedis|locatePgBouncer)$/], MemberExpression[object.name="chromium"][property.name="launch"]',
  message: 'Not every machine has it: describeWithRedis() and its like of test/support/optionalPrograms.ts.',
};

/** What belongs to the rooms behind the doors. */
const DOORS = [
  { selector: "CallExpression[callee.property.name='query']", message: 'SQL lives in the domain, in the folder of its subject.' },
  {
    selector: "CallExpression[callee.property.name='status'] > Literal[value>=400]",
    message: 'Throw a Failure: platform/http/problems.ts, or the table of a compatible surface, has the statuses.',
  },
  {
    selector: 'CallExpression[callee.property.name=/^(non)?[rR]etryable$/]',
    message: 'Throw a Failure: workers/recordSteps.ts alone says to Temporal what is tried again.',
  },
];

const WORKFLOW_FAILURE = {
  selector: 'MemberExpression[object.name="ApplicationFailure"]',
  message: 'What a workflow ends with: failure() of workflows/failure.ts.',
};

const BY_HAND = 'The paths of the API stand in contracts/endpoints/; client/ calls them.';
const PATHS = [
  { selector: 'Literal[value=/\\/api\\/v1\\//]', message: BY_HAND },
  { selector: 'TemplateElement[value.raw=/\\/api\\/v1\\//]', message: BY_HAND },
];

/** A browser may refuse to keep anything, by throwing. */
const KEPT = { selector: 'Identifier[name=/^(local|session)Storage$/]', message: 'console/kept.ts keeps what the browser keeps.' };

const ONE_PLACE = 'platform/ connects to each engine in one place, with what platform/connections/ read: TLS and credentials with it.';
/** What opens a connection to an engine. */
const CONNECTIONS = [
  { selector: 'NewExpression[callee.object.name="pg"][callee.property.name=/^(Pool|Client)$/]', message: ONE_PLACE },
  { selector: 'NewExpression[callee.object.name="kafkajs"][callee.property.name="Kafka"]', message: ONE_PLACE },
  { selector: 'CallExpression[callee.object.name=/^(Native)?Connection$/][callee.property.name=/^(connect|lazy)$/]', message: ONE_PLACE },
  {
    selector: 'CallExpression[callee.name=/^readdir(Sync)?$/] Property[key.name="recursive"]',
    message: 'It follows links out of the folder; take entriesBelow of platform/.',
  },
  {
    selector: 'CallExpression[callee.name=/^mkdir(Sync)?$/] Property[key.name="recursive"][value.value=true]',
    message: 'In some folders it never ends; take makeFolder of platform/.',
  },
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.mlops/', 'models/', 'node_modules/'] },
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: { parser: tseslint.parser },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only platform/config.ts reads the environment; take what you need from Config.' },
      ],
    },
  },
  {
    files: ['platform/config.ts', 'deploy/**/*.ts', 'cli/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['activities/**/*.ts', 'api/**/*.ts', 'jobs/**/*.ts', 'serving/**/*.ts', 'workers/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...DOORS, ...CONNECTIONS] },
  },
  {
    files: ['api/{feast,rest}/**/*.ts', 'cli/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...DOORS, ...CONNECTIONS, ...PATHS] },
  },
  {
    files: ['workflows/**/*.ts'],
    ignores: ['workflows/failure.ts'],
    rules: { 'no-restricted-syntax': ['error', ...DOORS, WORKFLOW_FAILURE] },
  },
  {
    files: ['client/**/*.ts', 'console/**/*.{ts,tsx}', 'deploy/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...PATHS] },
  },
  {
    files: ['console/**/*.{ts,tsx}'],
    ignores: ['console/kept.ts'],
    rules: { 'no-restricted-syntax': ['error', ...PATHS, KEPT] },
  },
  {
    files: ['domain/**/*.ts', 'deploy/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...PATHS, ...CONNECTIONS] },
  },
  {
    // The worker's connection, with temporalOptions; the embedded Postgres, before it has a database.
    files: ['workers/temporalWorker.ts', 'deploy/local/engines/postgres.ts'],
    rules: { 'no-restricted-syntax': ['error', ...DOORS.slice(1), ...PATHS] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...LUCK],
    },
  },
  {
    files: ['test/**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', ...LUCK, OPTIONAL_PROGRAMS] },
  },
  {
    files: ['test/support/{jest/patience,waitFor}.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
