export { batchRecommendations } from './batchRecommendations.ts';
export { blobCleanup } from './blobCleanup.ts';
export { canaryRollout } from './canaryRollout.ts';
export { dataImport } from './dataImport.ts';
export { driftMonitor } from './driftMonitor.ts';
export { driftRetrain } from './driftRetrain.ts';
export { featureMaterialization } from './featureMaterialization.ts';
export { modelSweep } from './modelSweep.ts';
export { movieDataCollection } from './movieDataCollection.ts';
export { movieModelTraining } from './movieModelTraining.ts';
export { movieTrainingPipeline } from './movieTrainingPipeline.ts';
export { scheduleBackfill } from './scheduleBackfill.ts';
export { systemHealthWatch } from './systemHealthWatch.ts';
export { tmdbCollection } from './tmdbCollection.ts';
export { tmdbRetention } from './tmdbRetention.ts';
export { webhookDelivery } from './webhookDelivery.ts';
export { noSuchWorkflow as default } from './noSuchWorkflow.ts'; // what the SDK runs for a type that has no export
