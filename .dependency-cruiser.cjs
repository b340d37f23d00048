/**
 * Who may import whom. The rooms are described in README.md; each rule's comment says what breaks without it.
 */
const rooms = 'contracts|domain|platform|workflows|activities|workers|jobs|api|serving|client|console|cli|deploy|bench|test';
const only = (room, allowed, comment) => ({
  name: `${room}-imports-only-${allowed.join('-') || 'nothing'}`,
  comment,
  severity: 'error',
  from: { path: `^${room}/` },
  to: { path: `^(${rooms})/`, pathNot: `^(${[room, ...allowed].join('|')})/` },
});

/** Of domain/recommender, the lowest first: what stands on a floor imports from those below it alone. */
const floors = [['numeric'], ['data'], ['model'], ['learning'], ['models'], ['training'], ['evaluation', 'batch'], ['tasks'], ['memory']];
const onlyBelow = (floor, at) => ({
  name: `recommender-${floor.join('-')}-imports-from-below`,
  comment: 'The mathematics knows nothing of who trains with it, a kind of model nothing of who judges it.',
  severity: 'error',
  from: { path: `^domain/recommender/(${floor.join('|')})/` },
  // $1 is the folder itself: two of one floor do not know each other.
  to: { path: '^domain/recommender/', pathNot: `^domain/recommender/(${['$1', ...floors.slice(0, at).flat()].join('|')})/` },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only('contracts', [], 'contracts is what everyone shares; it must drag nothing along.'),
    only('platform', ['contracts'], 'platform adapts engines and knows no movie.'),
    only('domain', ['contracts', 'platform'], 'domain knows the subject and nothing of HTTP or Temporal.'),
    only('activities', ['contracts', 'platform', 'domain'], 'activities are a thin skin over the domain.'),
    only('api', ['contracts', 'platform', 'domain'], 'the api starts workflows by name and reads state; it runs none.'),
    only('serving', ['contracts', 'platform', 'domain'], 'the model server stands alone.'),
    only('workers', ['contracts', 'platform', 'domain', 'activities', 'workflows'], 'workers host activities and workflows.'),
    only('jobs', ['contracts', 'platform', 'domain'], 'a job is a program that somebody starts beside the workers: no workflow calls it.'),
    only('client', ['contracts'], 'the client is a package of its own, for programs and pages elsewhere.'),
    only('console', ['contracts', 'client'], 'the page talks to the api alone.'),
    {
      name: 'console-takes-types-alone',
      comment: 'The schemas would take twice the bytes that the page may have; the build tells it where endpoints are.',
      severity: 'error',
      from: { path: '^console/' },
      to: { path: '^(contracts|client)/', pathNot: '^contracts/endpoints/runAddress\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'console-imports-its-libraries-alone',
      comment: 'What a page imports, every reader fetches.',
      severity: 'error',
      from: { path: '^console/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/(preact|@preact/signals)/' },
    },
    only(
      'cli',
      ['contracts', 'client', 'deploy', 'platform'],
      'the command line talks to the api through client, and to deploy/local for up, down and doctor.',
    ),
    {
      name: 'cli-takes-config-alone-from-platform',
      comment:
        'The command line needs the address of the api, and hands the configuration to deploy/local; it makes folders, and talks to no engine.',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: '^platform/', pathNot: '^platform/(config|makeFolder)\\.ts$' },
    },
    only('deploy', ['contracts', 'client', 'platform'], 'deploy starts programs by their built path, never by import, and knows no movie.'),
    {
      name: 'contracts-and-client-import-zod-alone',
      comment: 'A browser has no more.',
      severity: 'error',
      from: { path: '^(contracts|client)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/zod/' },
    },
    {
      name: 'copy-in-one-place',
      comment: 'A COPY whose other side fails keeps its connection for ever, unless it is ended as platform/copy.ts does.',
      severity: 'error',
      from: { pathNot: '^platform/copy\\.ts$|^bench/' },
      to: { path: 'node_modules/pg-copy-streams/' },
    },
    {
      name: 'engines-are-connected-in-one-place',
      comment:
        'TLS and credentials would be forgotten elsewhere; platform/connections/ reads them. (pg elsewhere: its quoting, and the embedded one.)',
      severity: 'error',
      from: {
        pathNot:
          '^(test|bench)/|^platform/(postgres|postgresClient|redis)\\.ts$|^platform/kafka/|^platform/temporal/|^workers/(temporalWorker|recordSteps)\\.ts$|^deploy/local/engines/postgres\\.ts$|^domain/(features/offlineTable|imports/(publishSet|attachRatings))\\.ts$|^workers/ingest/driftSignals\\.ts$|^deploy/local/setup/build\\.mjs$',
      },
      to: { path: 'node_modules/(pg|kafkajs|@redis/client|@temporalio/(client|worker|envconfig))/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'domain-knows-no-http-or-temporal',
      severity: 'error',
      from: { path: '^domain/' },
      to: { path: 'node_modules/(express|@temporalio|kafkajs)/' },
    },
    {
      name: 'workflows-are-deterministic',
      comment: 'A value import of anything else is bundled silently and breaks replay.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { pathNot: '^(workflows|contracts)/|node_modules/@temporalio/(workflow|common)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-workflows-import-the-workflow-sdk',
      severity: 'error',
      from: { pathNot: '^(workflows|test|bench)/' },
      to: { path: 'node_modules/@temporalio/workflow/' },
    },
    {
      name: 'workflows-are-reached-by-bundle',
      comment: 'Workflow code runs in the sandbox; importing it as a value elsewhere runs it outside.',
      severity: 'error',
      from: { pathNot: '^(workflows|test|bench)/' },
      to: { path: '^workflows/', dependencyTypesNot: ['type-only'] },
    },
    ...floors.map(onlyBelow),
    {
      name: 'recommender-has-floors-alone',
      comment: 'A folder that has no floor would be held by no rule.',
      severity: 'error',
      from: { path: `^domain/recommender/(?!(${floors.flat().join('|')})/)` },
      to: {},
    },
    {
      name: 'no-circles-between-folders',
      comment: 'Two that need each other are one.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(contracts|domain)/' },
      to: { circular: true },
    },
    { name: 'not-to-test', severity: 'error', from: { pathNot: '^(test|bench)/' }, to: { path: '^(test|bench)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.mlops|models)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
