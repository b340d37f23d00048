/** Every kind of model: its line here, its file beside this one, and how it learns and answers in `domain/recommender/models/`. */
export { default as popularity } from './popularity.ts';
export { default as item_knn } from './item_knn.ts';
export { default as ease } from './ease.ts';
export { default as ials } from './ials.ts';
export { default as neural_cf } from './neural_cf.ts';
export { default as sasrec } from './sasrec.ts';
export { default as ensemble } from './ensemble.ts';
export { default as movie_predictor } from './movie_predictor.ts';
