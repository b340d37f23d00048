/** Addresses of the engines that the test run started; see startEngines.ts. */
type EngineVariable =
  'TEST_DATABASE_URL' | 'TEST_TEMPLATE_DATABASE' | 'TEST_KAFKA_BROKER' | 'TEST_TEMPORAL_ADDRESS' | 'TEST_TIME_SKIPPING_SERVER';

export function engine(variable: EngineVariable): string {
  const address = process.env[variable];
  if (!address) throw new Error(`${variable} is not set: run this test by "npm run test:integration", which starts the engines`);
  return address;
}
