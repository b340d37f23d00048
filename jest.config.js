const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  runtime: '<rootDir>/test/support/jest/runtime.cjs',
  testEnvironment: '<rootDir>/test/support/jest/environment.js',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.mlops/'],
  setupFiles: ['<rootDir>/test/support/jest/quietConsole.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/jest/patience.ts'],
};
const project = (name, extra = {}) => ({ ...shared, displayName: name, testMatch: [`<rootDir>/test/${name}/**/*.test.ts`], ...extra });
const engines = {
  globalSetup: '<rootDir>/test/support/jest/startEngines.js',
  globalTeardown: '<rootDir>/test/support/jest/stopEngines.js',
};

export default {
  // Jest leaves a core to its own parent, which is half of a machine with two.
  maxWorkers: '100%',
  projects: [project('unit'), project('integration', engines), project('replay'), project('e2e')],
  testSequencer: '<rootDir>/test/support/jest/longestFirst.js',
  reporters: ['<rootDir>/test/support/jest/reporter.js'],
};
