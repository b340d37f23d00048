export { driftRetrain } from './driftRetrain.ts';
export { movieDataCollection } from './movieDataCollection.ts';
export { movieModelTraining } from './movieModelTraining.ts';
export { movieTrainingPipeline } from './movieTrainingPipeline.ts';
