const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.mlops/'],
};
const project = (name, extra = {}) => ({ ...shared, displayName: name, testMatch: [`<rootDir>/test/${name}/**/*.test.ts`], ...extra });
const engines = {
  testTimeout: 60_000,
  globalSetup: '<rootDir>/test/support/startEngines.ts',
  globalTeardown: '<rootDir>/test/support/stopEngines.ts',
};

export default {
  projects: [project('unit'), project('integration', engines), project('replay'), project('e2e', { testTimeout: 60_000 })],
  reporters: ['default', '<rootDir>/test/support/countReporter.js'],
};
