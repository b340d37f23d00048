const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  testEnvironment: '<rootDir>/test/support/plainGlobals.js',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.mlops/'],
  setupFiles: ['<rootDir>/test/support/quietConsole.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/patience.ts'],
};
const project = (name, extra = {}) => ({ ...shared, displayName: name, testMatch: [`<rootDir>/test/${name}/**/*.test.ts`], ...extra });
const engines = {
  globalSetup: '<rootDir>/test/support/startEngines.ts',
  globalTeardown: '<rootDir>/test/support/stopEngines.ts',
};

export default {
  // Jest leaves a core to its own parent, which is half of a machine with two.
  maxWorkers: '100%',
  projects: [project('unit'), project('integration', engines), project('replay'), project('e2e')],
  testSequencer: '<rootDir>/test/support/longestFirst.js',
  reporters: ['<rootDir>/test/support/reporter.js'],
};
