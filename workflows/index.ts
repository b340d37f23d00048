export { dataImport } from './dataImport.ts';
export { driftRetrain } from './driftRetrain.ts';
export { featureMaterialization } from './featureMaterialization.ts';
export { movieDataCollection } from './movieDataCollection.ts';
export { movieModelTraining } from './movieModelTraining.ts';
export { movieTrainingPipeline } from './movieTrainingPipeline.ts';
export { tmdbCollection } from './tmdbCollection.ts';
export { tmdbRetention } from './tmdbRetention.ts';
