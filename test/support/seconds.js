import path from 'node:path';

/** Seconds on two cores, of the test files that take longest; what is not named here is taken for its project's usual. */
const LONG = {
  'e2e/mainJob': 160,
  'e2e/supervisor': 45,
  'integration/training': 150,
  'integration/modelSweep': 70,
  'integration/mirror': 60,
  'integration/memoryEstimates': 55,
  'integration/batchRecommendations': 45,
  'integration/extend': 45,
  'integration/ingest': 40,
  'integration/mlflowHostile': 40,
  'integration/dataImportRun': 30,
  'integration/tmdbRun': 25,
  'integration/postgresFrozen': 40,
  'integration/kafkaHostile': 38,
  'integration/backfill': 35,
  'integration/temporalDoor': 31,
  'integration/airflow': 18,
  'integration/feastOffline': 36,
  'integration/feastClient': 20,
  'integration/collection': 20,
  'integration/backfillKill': 16,
  'integration/materialization': 12,
  'integration/trainingRuns': 10,
  'integration/backends': 10,
  'integration/apiEnginesDown': 14,
  'integration/clientPackage': 12,
  'integration/onlineStore': 10,
  'unit/recommender/evaluation/otherIds': 13,
  'unit/tmdb/client': 9,
  'unit/recommender/earlyStopping': 5,
  'unit/recommender/models': 5,
};
const USUAL = { e2e: 90, integration: 6, replay: 4, unit: 1 };

/** @param {string} file path of a test, from the repository's root */
export function secondsOf(file) {
  const name = path.relative('test', file).replace(/\.test\.ts$/, '');
  return LONG[name] ?? USUAL[name.split(path.sep)[0]];
}
