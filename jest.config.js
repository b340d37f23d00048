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
const patient = { setupFilesAfterEnv: ['<rootDir>/test/support/engineTimeout.ts'] };
const engines = {
  globalSetup: '<rootDir>/test/support/startEngines.ts',
  globalTeardown: '<rootDir>/test/support/stopEngines.ts',
};

export default {
  // Jest leaves a core to its own parent, which is half of a machine with two.
  maxWorkers: '100%',
  projects: [project('unit'), project('integration', { ...patient, ...engines }), project('replay', patient), project('e2e', patient)],
  reporters: ['default', '<rootDir>/test/support/countReporter.js'],
};
