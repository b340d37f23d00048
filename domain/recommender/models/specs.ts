/** Every kind of model: its line here, and the folder of its name beside this file. */
export { default as popularity } from './popularity/spec.ts';
export { default as item_knn } from './item_knn/spec.ts';
export { default as ease } from './ease/spec.ts';
export { default as ials } from './ials/spec.ts';
export { default as neural_cf } from './neural_cf/spec.ts';
export { default as sasrec } from './sasrec/spec.ts';
export { default as ensemble } from './ensemble/spec.ts';
export { default as movie_predictor } from './movie_predictor/spec.ts';
